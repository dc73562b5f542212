import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { formatNevra, readRpmHeader } from '@crpm/rpm';
import { writeFileAtomic } from '@crpm/state';
import { shapeOf } from '../build/rpm-shape.js';
import { repositoryDir } from '../paths.js';
import type { Resolver } from '../proof/index.js';
import type { CustomRepository } from './custom-rpms.js';

/** What rpm-deps last brought into a tree, and from what: enough to tell whether the resolver would say the same again. Of one workspace, and of the streams of its runs. */
export interface Landed {
  /** Digest of all that the resolver's answer depends on, but the RPMs. */
  readonly question: string;
  /** Hex sha256 of both files as they were written. */
  readonly workspace: string;
  readonly build: string;
  readonly resolver: Resolver;
  readonly rpms: readonly LandedRpm[];
}

/** One RPM of the repository then. */
export interface LandedRpm {
  /** Whose repository it was in. */
  readonly stream: number;
  readonly arch: string;
  /** `qemu-img-17:10.1.0-20.el9.crpm0001.x86_64` */
  readonly nevra: string;
  /** Hex. */
  readonly sha256: string;
  /** Digest of what a resolver, and whoever puts files together, looks at: requires, provides, and the list of files without their content. */
  readonly shape: string;
}

/** Reads the headers of the RPMs as they are published here. Nothing for a repository that somebody else serves: its files are not here. */
export function landedRpms(workspace: WorkspacePaths, baseUrl: string, repositories: readonly CustomRepository[]): readonly LandedRpm[] | undefined {
  const rpms: LandedRpm[] = [];
  for (const { stream, arch, rpms: served } of repositories) {
    for (const rpm of served) {
      const path = rpm.url.startsWith(baseUrl) ? decodeURIComponent(rpm.url.slice(baseUrl.length)) : undefined;
      const file = path === undefined ? undefined : join(repositoryDir(workspace), 'published', path);
      if (file === undefined || !existsSync(file)) return undefined;
      rpms.push({ stream, arch, nevra: formatNevra(rpm), sha256: rpm.sha256, shape: shapeOf(readRpmHeader(file)) });
    }
  }
  return rpms;
}

export function readLanded(workspace: WorkspacePaths, streams: readonly number[]): Landed | undefined {
  try {
    return JSON.parse(readFileSync(landedFile(workspace, streams), 'utf8')) as Landed;
  } catch {
    // Without it the resolver is asked: slower, never wrong.
    return undefined;
  }
}

export function writeLanded(workspace: WorkspacePaths, streams: readonly number[], landed: Landed): void {
  writeFileAtomic(landedFile(workspace, streams), JSON.stringify(landed), { mode: 0o600 });
}

function landedFile(workspace: WorkspacePaths, streams: readonly number[]): string {
  return join(workspace.state, 'kubevirt', `landed-${streams.map((stream) => `cs${String(stream)}`).join('-')}.json`);
}
