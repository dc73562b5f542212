import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fail, type WorkspacePaths } from '@crpm/core';
import { parseWorkspaceRpms } from '@crpm/rpm';
import { hashFile } from '@crpm/state';
import { linkOrCopy, withStaging } from '../build/staging.js';
import { repositoryDir } from '../paths.js';
import type { Env } from '../serve/cri.js';
import { digestIn, MOUNT, withCarrier } from '../serve/volume.js';
import { lockBuilder } from './builder.js';
import { builderVolume } from './environment.js';
import { repositoryCacheFlag } from './bazelrc.js';
import { readYielded } from './yielded-files.js';

export interface PrefetchOptions {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  readonly workspace: WorkspacePaths;
  /** The user's environment: where KubeVirt finds its container tool. */
  readonly env: Env;
  readonly signal: AbortSignal;
}

export interface Prefetched {
  /** Where bazel keeps what it downloaded, for people. */
  readonly cache: string;
  /** `rpm()` rules whose RPMs were put there now. */
  readonly loaded: readonly string[];
  /** Rules whose RPMs were there, with the right bytes. */
  readonly present: readonly string[];
}

interface Wanted {
  readonly rule: string;
  readonly sha256: string;
  /** The published RPM. */
  readonly file: string;
}

/** Below the output root of bazel's user. */
const BELOW = 'cache/repos/v1';

/**
 * Puts the RPM of each `rpm()` rule of ours where bazel looks before it downloads: its repository cache, in which a file is found by the digest that the rule names. KubeVirt's
 * builds then need no server. What is there with other bytes is replaced; nobody else's make may use the builder's volume meanwhile.
 */
export async function prefetch(options: PrefetchOptions): Promise<Prefetched> {
  const { kubevirt, workspace, env, signal } = options;
  const wanted = await wantedRpms(kubevirt, workspace);
  const flag = repositoryCacheFlag(kubevirt);
  if (env['KUBEVIRT_RUN_UNNESTED'] === 'true') {
    const cache = flag ?? join(env['HOME'] ?? userInfo().homedir, '.cache/bazel', `_bazel_${env['USER'] ?? userInfo().username}`, BELOW);
    return { cache, ...(await intoFolder(cache, wanted)) };
  }
  const inside = flag ?? `${MOUNT}/.cache/bazel/_bazel_root/${BELOW}`;
  if (!inside.startsWith(`${MOUNT}/`)) fail({ class: 'usage', message: `the KubeVirt tree has bazel keep its downloads in ${inside}, which is not in the builder's volume (${MOUNT})`, next: 'Remove --repository_cache from its .bazelrc files, or leave downloading to bazel.' });
  const builder = await lockBuilder(workspace, env, signal);
  try {
    return { cache: `${inside} of the volume ${builderVolume(env)}`, ...(await intoVolume(inside, wanted, options)) };
  } finally {
    await builder.release();
  }
}

/** The rules of WORKSPACE that name what was published here. Fails if one of them is not to be had any more. */
async function wantedRpms(kubevirt: string, workspace: WorkspacePaths): Promise<readonly Wanted[]> {
  const published = join(repositoryDir(workspace), 'published');
  const wanted: Wanted[] = [];
  for (const { name, sha256, urls } of parseWorkspaceRpms(readYielded(kubevirt).WORKSPACE)) {
    const paths = urls.flatMap((url) => /[^/]+\/[^/]+\/by-sha256\/[0-9a-f]{64}\/[^/?#]+$/.exec(url)?.[0] ?? []);
    const file = paths.map((path) => join(published, decodeURIComponent(path))).find((candidate) => existsSync(candidate));
    if (file === undefined) continue;
    if ((await hashFile(file)).sha256 !== sha256) fail({ class: 'environment', message: `${file} is not the RPM that the rule ${name} names`, next: 'crpm run publishes it again.' });
    wanted.push({ rule: name, sha256, file });
  }
  return wanted;
}

/** Path of a download below bazel's repository cache. */
function placeOf({ sha256 }: Wanted): string {
  return `content_addressable/sha256/${sha256}/file`;
}

async function intoFolder(cache: string, wanted: readonly Wanted[]): Promise<Omit<Prefetched, 'cache'>> {
  const loaded: string[] = [];
  const present: string[] = [];
  for (const each of wanted) {
    const place = join(cache, placeOf(each));
    const found = await hashFile(place).catch(() => undefined);
    if (found?.sha256 === each.sha256) {
      present.push(each.rule);
      continue;
    }
    mkdirSync(dirname(place), { recursive: true });
    const temporary = `${place}.crpm-${process.pid}`;
    rmSync(temporary, { force: true });
    // A copy in any case: bazel may hand out links to what it has.
    copyFileSync(each.file, temporary);
    renameSync(temporary, place);
    loaded.push(each.rule);
  }
  return { loaded, present };
}

async function intoVolume(inside: string, wanted: readonly Wanted[], { workspace, env, signal }: PrefetchOptions): Promise<Omit<Prefetched, 'cache'>> {
  let result: Omit<Prefetched, 'cache'> = { loaded: [], present: [] };
  if (wanted.length === 0) return result;
  await withCarrier(workspace, env, signal, async (cri, carrier) => {
    const has = async (each: Wanted) => {
      try {
        return (await digestIn(cri, `${carrier}:${inside}/${placeOf(each)}`)) === each.sha256;
      } catch {
        signal.throwIfAborted();
        return false;
      }
    };
    const present: Wanted[] = [];
    for (const each of wanted) if (await has(each)) present.push(each);
    const lacking = wanted.filter((each) => !present.includes(each));
    if (lacking.length > 0) {
      await withStaging(workspace, async (staging) => {
        const below = inside.slice(MOUNT.length + 1);
        for (const each of lacking) await linkOrCopy(each.file, join(staging, below, placeOf(each)));
        const top = below.split('/')[0] ?? below;
        await cri.run(['cp', '-', `${carrier}:${MOUNT}`], { tar: ['--create', '--file=-', '--owner=0', '--group=0', '--mode=u=rwX,go=rX', '--hard-dereference', '-C', staging, `./${top}`] });
      });
      for (const each of lacking) if (!(await has(each))) fail({ class: 'environment', message: `the RPM of ${each.rule} did not arrive in the builder volume`, next: 'Run again; if it stays so, remove the volume: KubeVirt makes it anew.' });
    }
    result = { loaded: lacking.map(({ rule }) => rule), present: present.map(({ rule }) => rule) };
  });
  return result;
}
