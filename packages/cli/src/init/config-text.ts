import { isAbsolute, relative } from 'node:path';
import type { BaseSystem } from './base-system.js';
import type { FoundTree, Surroundings } from './surroundings.js';

/** What a new config says; all folders absolute. */
export interface Choices extends Pick<Surroundings, 'root' | 'kubevirt' | 'trees' | 'others' | 'arch'> {
  readonly basesystem: BaseSystem;
  /** The schema's file, for editors, relative to the config. */
  readonly schema: string;
}

/** A config as somebody would write it who knows the keys: what was found, and why, and what could stand there instead. */
export function configText({ root, kubevirt, trees, others, arch, basesystem, schema }: Choices): string {
  const path = (dir: string) => quoted(shortest(root, dir));
  return [
    `# yaml-language-server: $schema=${schema}`,
    '# What crpm builds, and for which KubeVirt. crpm run builds it, crpm plan says first what it would do; crpm schema describes every key.',
    '',
    `basesystem: ${basesystem.name} # ${aboutBaseSystem(basesystem)}`,
    arch === undefined ? '# arch: x86_64 # default: this machine’s; also a list of x86_64, aarch64, s390x' : `arch: ${JSON.stringify(arch)} # by SINGLE_ARCH; also a list of x86_64, aarch64, s390x`,
    '',
    ...(kubevirt === undefined
      ? ['kubevirt: false # no KubeVirt tree was found: the run ends with a served repository; { dir: ../kubevirt } goes on to the proof']
      : ['kubevirt:', `  dir: ${path(kubevirt)}`]),
    '',
    'sources:',
    ...trees.flatMap((tree) => sourceLines(tree, path, basesystem)),
    ...others.map(({ name, dir, variable }) => `  # ${name}: { dir: ${path(dir)} }${variable === undefined ? '' : ` # left out by ${variable}`}`),
    '',
    '# build: { profile: full } # as the distribution builds: %check, debuginfo, its own payload; default: dev, incremental',
    '',
  ].join('\n');
}

/** Why it is this one, and what else it could be. */
function aboutBaseSystem({ name, stream, from }: BaseSystem): string {
  if (name === 'host') return `this machine’s distribution, with its programs; in an engine (or engine: kubernetes) also centos-stream-${stream}, centos-stream-${stream === 9 ? 10 : 9}, a list of both, or your own`;
  const why = from === undefined ? '' : `${from.replaceAll(/[\r\n]/g, ' ')}; `;
  return `${why}also centos-stream-${stream === 9 ? 10 : 9}, a list of both, your own, or host: this machine’s distribution, without a container engine`;
}

function sourceLines({ name, dir, distGit, variable }: FoundTree, path: (dir: string) => string, { name: basesystem, stream }: BaseSystem): readonly string[] {
  const from = variable === undefined ? '' : ` # by ${variable}`;
  if (name !== 'qemu') return [`  ${name}:`, `    dir: ${path(dir)}${from}`];
  return [`  ${name}:`, `    dir: ${path(dir)}${from}`, `    ${specOf(distGit === undefined ? undefined : path(distGit), basesystem, stream)}`];
}

/** This machine's distribution has no spec of its own to fall back on. */
function specOf(distGit: string | undefined, basesystem: BaseSystem['name'], stream: number): string {
  if (distGit !== undefined) return `spec: ${distGit}`;
  if (basesystem === 'host') return `spec: { git: "https://gitlab.com/redhat/centos-stream/rpms/qemu-kvm.git", branch: c${stream}s } # or a dist-git folder of your own: ../qemu-kvm`;
  return `# spec: ../qemu-kvm # a dist-git folder of your own; default: CentOS Stream’s, at its branch c${stream}s`;
}

/** Relative, unless that would climb more than three folders. */
function shortest(root: string, dir: string): string {
  const path = relative(root, dir) || '.';
  return isAbsolute(path) || path.startsWith('../../../..') ? dir : path;
}

/** Plain where YAML takes it as it is. */
function quoted(path: string): string {
  return /^[A-Za-z0-9_./+-]+$/.test(path) && !/^[+-]/.test(path) && !/^[\d.+-]+$/.test(path.replaceAll('/', '')) ? path : path === '.' || path === '..' ? path : JSON.stringify(path);
}
