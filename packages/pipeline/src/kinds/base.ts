import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import { packFiles } from '@crpm/archive';
import { fail, type Engine, type ImageSource, type Input, type NodeContext, type NodeKind } from '@crpm/core';
import { parseOsRelease } from '@crpm/engines';
import { scanTree } from '@crpm/sources';

import { deriveStep } from '../build/derive-step.js';
import { mirrorUnreachable } from '../build/diagnosis/of-dnf.js';
import { derivedImage } from '../build/derived-image.js';
import { lackedByHost, lookArgv, readInventory, type Inventory } from '../build/inventory.js';
import { distOf, knowsItsPackages } from '../build/os-release.js';
import { script, SET_UP_BASE } from '../build/scripts.js';
import { rpmsOf } from '../build/tools.js';
import { labelsOf, mustRun, withWork } from '../build/work.js';
import type { BaseFact } from '../facts.js';
import type { BaseParams } from '../params.js';
import { BASE_CONFIG_PATHS } from './config-paths.js';

/**
 * The base image: pulled or built, then set up with the rpm tools, repositories and packages of the config. An image that has all of it is
 * taken as it is. On `host` it is this machine, which must have the tools.
 */
export function baseKind(options: { readonly pull: boolean }): NodeKind<BaseParams> {
  return {
    name: 'base',
    version: 3,
    weight: 'light',
    configPaths: BASE_CONFIG_PATHS,
    inputs: baseInputs,
    async run(params, context) {
      const engine = await context.engine();
      const image = await prepare(params, context, engine, options.pull);
      const before = await look(params, context, image);
      const from = `${engine.kind} ${image}`;
      if (!needsSetUp(params, before)) return fact(params, { from, image }, before);
      const lacks = engine.kind === 'host' ? lackedByHost(before) : undefined;
      if (lacks) fail(lacks);
      if (!before.dnf) missingWithoutDnf(params, before);
      const ready = await setUp(params, context, engine, image, before);
      return fact(params, { from, image: ready }, await look(params, context, ready));
    },
    async stale() {
      return options.pull ? '--pull asks the registry for a newer base image' : undefined;
    },
    async missing(_params, output, engine) {
      const { image } = (output.data as BaseFact).here;
      return (await engine.hasImage(image)) ? undefined : `the image ${image} is gone`;
    },
  };
}

async function baseInputs({ base }: BaseParams): Promise<readonly Input[]> {
  switch (base.kind) {
    case 'image':
      return [];
    case 'dockerfile': {
      const dockerfile = createHash('sha256').update(await readDockerfile(base.file)).digest('hex');
      return [
        { name: 'dockerfile', value: dockerfile },
        { name: 'dockerfile/context', value: (await scanTree(base.context)).digest },
      ];
    }
    case 'host':
      return [{ name: 'host/os-release', value: createHash('sha256').update(readFileSync('/etc/os-release')).digest('hex') }];
  }
}

async function readDockerfile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    return fail({ class: 'usage', message: `can't read the Dockerfile ${file}: ${(error as Error).message}`, next: 'Correct basesystems.<name>.dockerfile in the config.' }, error);
  }
}

async function prepare(params: BaseParams, context: NodeContext, engine: Engine, pull: boolean): Promise<string> {
  const source: ImageSource = params.base.kind === 'host' ? { kind: 'host' } : { ...params.base, pull };
  context.report.status('preparing the base image');
  const image = await engine.prepareImage(source, {
    labels: labelsOf(context),
    arch: params.arch,
    signal: context.signal,
    line: (text) => context.report.line(text),
  });
  return image.id;
}

async function look(params: BaseParams, context: NodeContext, image: string): Promise<Inventory> {
  const argv = lookArgv(params);
  const answers = await withWork(context, { image, arch: params.arch }, (work) =>
    mustRun(context, work, { argv, answers: 'crpm-', keep: [] }, (seen) => ({
      class: 'environment',
      message: `the base image of ${context.node.id} can't be looked at: no usable shell or no /etc/os-release`,
      next: 'Use an image of an rpm distribution, with a POSIX shell.',
      lines: seen.telling(),
    })),
  );
  return readInventory(answers);
}

function needsSetUp(params: BaseParams, has: Inventory): boolean {
  if (has.missingTools.length + has.missingRpms.length > 0) return true;
  // Repositories matter to an image that can install from them; this machine's own are its administrator's.
  return params.base.kind !== 'host' && has.dnf && params.repos.length + params.enable.length + params.disable.length > 0;
}

function missingWithoutDnf(params: BaseParams, { missingTools, missingRpms }: Inventory): never {
  const image = params.base.kind === 'image' ? params.base.reference : params.base.kind === 'dockerfile' ? params.base.file : 'this machine';
  fail({
    class: 'environment',
    message: `the base image ${image} lacks ${[...missingTools, ...missingRpms].join(', ')} and has no dnf to install it`,
    next: 'Choose an image of Fedora or CentOS, or install these in a Dockerfile of your own (basesystems.<name>.dockerfile).',
  });
}

async function setUp(params: BaseParams, context: NodeContext, engine: Engine, image: string, has: Inventory): Promise<string> {
  const switches = [...params.enable.flatMap((id) => ['enable', id]), ...params.disable.flatMap((id) => ['disable', id])];
  const tools = has.missingTools.length > 0 ? rpmsOf(params.tools) : [];
  // Build root preparation calls builddep, so the plugins are always asked for.
  const argv = script(SET_UP_BASE, [...switches, '--', ...tools, ...params.packages]);
  const repos = params.repos.map(({ name, baseUrl }) => ({ path: `etc/yum.repos.d/crpm-${name}.repo`, content: repoFile(name, baseUrl) }));
  context.report.status('installing the rpm tools');
  const step = { argv, network: params.network, arch: params.arch };
  const { id } = await derivedImage(context, engine, [image, ...argv, JSON.stringify(repos)], () =>
    deriveStep(context, engine, image, repos.length > 0 ? { ...step, files: packFiles(repos) } : step, (output) =>
      mirrorUnreachable(output.lines, `the base image can't be set up: dnf reached no repository`) ?? {
        class: 'build',
        message: `the base image can't be set up: dnf ended with an error`,
        next: 'See the lines shown; a wrong name under basesystems.<name> is the usual reason.',
        lines: output.telling(),
      }),
  );
  return id;
}

/** Not checked by gpg: the repository is the user's own word, and KubeVirt's resolver does not check either. */
function repoFile(name: string, baseUrl: string): string {
  return [`[crpm-${name}]`, `name=${name}`, `baseurl=${baseUrl}`, 'enabled=1', 'gpgcheck=0', ''].join('\n');
}

function fact(params: BaseParams, { from, image }: { readonly from: string; readonly image: string }, has: Inventory): BaseFact {
  const osRelease = parseOsRelease(has.osRelease);
  const dist = params.dist ?? (has.dist || distOf(osRelease));
  const known = params.base.kind === 'host' ? knowsItsPackages(osRelease) : true;
  return { from, here: { image, arch: params.arch }, dist, checkBuildRequires: params.checkBuildRequires ?? known, lacksMacros: has.lacksMacros, dnf: has.dnf && params.base.kind !== 'host' };
}
