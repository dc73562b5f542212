import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, type Arch, type NodeContext, type WorkspacePaths } from '@crpm/core';
import { readRpmHeader, sourceName } from '@crpm/rpm';
import { hashFile } from '@crpm/state';
import { customRepositories, repositoryAddress } from '../kubevirt/custom-rpms.js';
import type { VerifyFact } from '../kubevirt/facts.js';
import { needOf } from '../needs.js';
import type { VerifyClusterParams } from '../params.js';
import { repositoryDir } from '../paths.js';
import type { CustomRpm } from '../proof/index.js';
import { fetchTo } from '../serve/fetch.js';
import { comparable } from './installed-files.js';
import type { LauncherRpm } from './judge.js';

/** Trees of `rpm/BUILD.bazel` that virt-launcher's image is made of begin so. */
const LAUNCHER_TREE = 'launcherbase_';

/** The RPMs of this build that virt-launcher's image must hold, by the proof from KubeVirt's tree, with the digests that their headers carry. */
export async function launcherRpms(params: VerifyClusterParams, context: NodeContext, arch: Arch): Promise<readonly LauncherRpm[]> {
  const [{ stream }] = params.streams;
  // A proof is plain data; as an interface it lacks the index signature that Json has.
  const { proof } = needOf(context, 'verify').data as unknown as VerifyFact;
  const names = new Set(proof.rows.filter((row) => row.arch === arch && row.stream === stream && row.verdict === 'taken' && row.trees.some((tree) => tree.startsWith(LAUNCHER_TREE))).map(({ name }) => name));
  const repositories = (await customRepositories(params, context)).filter((repository) => repository.arch === arch);
  const rpms = repositories.flatMap((repository) => repository.rpms).filter(({ name }) => names.has(name));
  if (rpms.length === 0) fail({ class: 'proof', message: `no RPM of this build is in a tree of virt-launcher for ${arch}`, next: `Only what a ${LAUNCHER_TREE}… tree of rpm/BUILD.bazel takes can be proven there.` });
  const all: LauncherRpm[] = [];
  for (const rpm of rpms) {
    const { files } = await withFile(rpm, params, context, (file) => readRpmHeader(file));
    all.push({ name: rpm.name, version: rpm.version, release: rpm.release, package: rpm.package, source: sourceName(rpm.sourcerpm) ?? rpm.package, files: comparable(files) });
  }
  return all;
}

/** The RPM as it was published, its bytes checked: what somebody else serves is fetched first. */
async function withFile<T>(rpm: CustomRpm, params: VerifyClusterParams, context: NodeContext, use: (file: string) => T): Promise<T> {
  if (params.published === undefined) {
    const file = publishedFile(context.workspace, rpm.url.slice(repositoryAddress(params, context).length));
    await check(file, rpm);
    return use(file);
  }
  const folder = mkdtempSync(join(tmpdir(), 'crpm-rpm-'));
  try {
    const file = join(folder, 'rpm');
    await fetchTo(rpm.url, createWriteStream(file), context.signal);
    await check(file, rpm);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where the server has what it answers for `path`, relative to its root. */
export function publishedFile(workspace: WorkspacePaths, path: string): string {
  return join(repositoryDir(workspace), 'published', path);
}

async function check(file: string, { url, sha256 }: CustomRpm): Promise<void> {
  const found = await hashFile(file).catch(() => undefined);
  if (found?.sha256 !== sha256) fail({ class: 'environment', message: `${url} is not the RPM that was published`, next: 'crpm run publishes it again.' });
}
