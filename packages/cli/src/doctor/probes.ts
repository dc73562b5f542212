import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { distinctSpecs, forBasesystem, type Config, type WorkspacePaths } from '@crpm/core';
import type { RootlessNetwork, User } from './engine.js';
import type { judgeStore } from './machine.js';
import type { StreamFacts, TreeFacts } from './trees.js';

/*
 * What the judges of this folder are given. Everything here only looks.
 */

export function lookAtSelinux(): string | undefined {
  return textOf('/sys/fs/selinux/enforce');
}

export function lookAtUser(): User {
  const { username, uid } = userInfo();
  const [subuid, subgid] = [textOf('/etc/subuid'), textOf('/etc/subgid')];
  return { name: username, uid, ...(subuid === undefined ? {} : { subuid }), ...(subgid === undefined ? {} : { subgid }) };
}

export async function lookAtRootlessNetwork({ PATH = '' }: NodeJS.ProcessEnv): Promise<RootlessNetwork> {
  const { findProgram } = await import('@crpm/engines');
  const tun = '/dev/net/tun';
  return { program: ['slirp4netns', 'pasta'].some((name) => findProgram(name, PATH, '/') !== undefined), tun: !existsSync(tun) ? undefined : mayOpen(tun) ? 'open' : 'closed' };
}

function mayOpen(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function lookAtStore({ state, cache }: WorkspacePaths): Parameters<typeof judgeStore> {
  const folder = join(cache, 'store');
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true;
  return [{ state: statSync(state).dev, cache: statSync(cache).dev, isFolder }, folder];
}

/** The user's own trees; those that crpm gets are as they were published. */
export function lookAtTrees({ packages, kubevirt }: Config): Promise<readonly TreeFacts[]> {
  return Promise.all([
    ...packages.flatMap(({ name, dir, specs }) => [
      ...(dir === undefined ? [] : [lookAtTree(`tree of ${name}`, dir)]),
      ...[...new Set(distinctSpecs(specs).flatMap((spec) => (spec.kind === 'dir' ? [spec.dir] : [])))].map((folder) => lookAtTree(`spec tree of ${name}`, folder)),
    ]),
    ...(kubevirt ? [lookAtTree('KubeVirt tree', kubevirt.dir, false)] : []),
  ]);
}

async function lookAtTree(what: string, dir: string, built = true): Promise<TreeFacts> {
  const git = lstatSync(join(dir, '.git'), { throwIfNoEntry: false });
  const kind = git === undefined ? 'plain' : git.isFile() ? 'worktree' : 'repository';
  const changes = kind === 'plain' ? undefined : await askGit(dir, 'status', '--porcelain');
  const branch = kind === 'plain' ? undefined : await branchOf(dir);
  return {
    what, built, dir, kind, missingSubprojects: missingSubprojects(dir),
    ...(changes === undefined ? {} : { changed: changes.split('\n').filter((line) => line !== '').length }),
    ...(branch === undefined ? {} : { branch }),
  };
}

/** Wraps whose folders are not there; of one that names its folder, that. */
function missingSubprojects(dir: string): readonly string[] {
  const folder = join(dir, 'subprojects');
  const wraps = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.wrap')) : [];
  return wraps.flatMap((file) => {
    const name = file.slice(0, -'.wrap'.length);
    const directory = /^\s*directory\s*=\s*(\S+)\s*$/m.exec(textOf(join(folder, file)) ?? '')?.[1] ?? name;
    return existsSync(join(folder, directory)) ? [] : [name];
  });
}

/** The branches of specs, as the config names them or as the dist-git folders are on. */
export async function lookAtSpecs({ packages, basesystems }: Config): Promise<readonly StreamFacts[]> {
  const facts: StreamFacts[] = [];
  for (const { name, specs } of packages) {
    for (const basesystem of basesystems) {
      const spec = forBasesystem(specs, basesystem);
      const branch = spec?.kind === 'git' ? spec.branch : spec?.kind === 'dir' ? await branchOf(spec.dir) : undefined;
      if (branch !== undefined) facts.push({ package: name, branch, basesystem: basesystem.name, stream: basesystem.stream });
    }
  }
  return facts;
}

export function lookAtScript({ kubevirt }: Config): string | undefined {
  return kubevirt && textOf(join(kubevirt.dir, 'hack/rpm-deps.sh'));
}

/** Who listens there; empty where nobody can tell. Nothing: the port is free. */
export async function lookAtPort(port: number): Promise<string | undefined> {
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer().once('error', () => { resolve(false); });
    server.listen(port, '127.0.0.1', () => { server.close(() => { resolve(true); }); });
  });
  if (free) return undefined;
  const { findPortHolder } = await import('@crpm/pipeline');
  const holder = findPortHolder(port);
  return holder ? `${holder.command} (pid ${String(holder.pid)})` : '';
}

/** Of a folder that is itself the top of a repository: one around it says nothing of it. */
async function branchOf(dir: string): Promise<string | undefined> {
  if (!existsSync(join(dir, '.git'))) return undefined;
  const branch = (await askGit(dir, 'symbolic-ref', '--quiet', '--short', 'HEAD'))?.trim();
  return branch === '' ? undefined : branch;
}

/** Nothing where git can't tell. It must not write to the tree, its index among that. */
async function askGit(dir: string, ...argv: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', dir, '-c', 'core.fsmonitor=false', ...argv], { env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' }, maxBuffer: 64 * 1024 ** 2 });
    return stdout;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
