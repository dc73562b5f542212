import { createHash } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { relative } from 'node:path';

import { fail, hasDist, type Input, type NodeContext, type NodeKind } from '@crpm/core';
import { checkRpmDigests, readRpmHeader } from '@crpm/rpm';
import { findFilePin, readLockFile, remoteFile } from '@crpm/sources';

import { checkUnique, rpmFiles, takeRpms, type ReadRpm } from '../build/collect-rpms.js';
import { isAddress } from '../compile/tree-place.js';
import type { RpmsFact } from '../facts.js';
import type { PrebuiltParams } from '../params.js';

/** RPMs that somebody built already: looked at one by one, then taken as they are. */
export function prebuiltKind(): NodeKind<PrebuiltParams> {
  return {
    name: 'prebuilt',
    version: 4,
    weight: 'light',
    async inputs(params): Promise<readonly Input[]> {
      // By identity and not by content: hundreds of megabytes would be read to do nothing. A touched file is copied again, and equal outputs leave the rest fresh.
      return filesOf(params).map((file) => ({ name: relative(params.root, file), value: identity(file) }));
    },
    async run(params, context): Promise<RpmsFact> {
      const files = filesOf(params).map((file) => ({ file, from: file }));
      const fetched = await fetchAll(params, context);
      const rpms = ofBasesystem([...files, ...fetched].map((place) => check(place, params)), params);
      checkUnique(rpms);
      for (const { file } of rpms) await checkRpmDigests(file);
      const pins = fetched.length === 0 ? {} : { here: { pins: Object.fromEntries(fetched.map(({ from, sha256 }) => [from, sha256])) } };
      // Copied and never linked: the user may write to his files in place.
      return { package: params.package, rpms: await takeRpms(rpms, context.out, copyFile), ...pins };
    },
  };
}

/** The same where addresses are among them: what they stand for is pinned in the lock file, so a result does not come back by its files alone. */
export function fetchedKind(): NodeKind<PrebuiltParams> {
  return {
    ...prebuiltKind(),
    name: 'prebuilt-fetched',
    // The pins are no inputs: the first run itself writes them.
    async stale({ rpms, lockFile }, output) {
      const addresses = rpms.filter(isAddress);
      if (addresses.length === 0) return undefined;
      const pins = await readLockFile(lockFile);
      const { pins: used = {} } = (output.data as RpmsFact).here ?? {};
      const moved = addresses.find((url) => findFilePin(pins, url)?.sha256 !== used[url]);
      return moved && `custom-rpms.lock.yaml names another sha256 of ${moved}`;
    },
  };
}

/** A file, and what to call it to the user. */
interface Place {
  readonly file: string;
  readonly from: string;
}

async function fetchAll({ rpms, lockFile }: PrebuiltParams, { workspace, signal, report }: NodeContext): Promise<readonly (Place & { readonly sha256: string })[]> {
  const fetched: (Place & { sha256: string })[] = [];
  for (const url of rpms.filter(isAddress)) {
    report.status(`getting ${url}`);
    fetched.push({ from: url, ...(await remoteFile({ url, lockFile, cacheDir: workspace.cache, signal })) });
  }
  return fetched;
}

function filesOf(params: PrebuiltParams): readonly string[] {
  const paths = params.rpms.filter((path) => !isAddress(path));
  const files = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) fail({ class: 'usage', message: `${path} does not exist`, next: `Correct sources.${params.package}.rpms in the config.` });
    return stat.isDirectory() ? rpmFiles(path) : [path];
  });
  if (files.length === 0 && paths.length === params.rpms.length) fail({ class: 'usage', message: `no RPM below ${params.rpms.join(', ')}`, next: `Correct sources.${params.package}.rpms in the config.` });
  return [...new Set(files)].sort();
}

function identity(file: string): string {
  const { size, mtimeNs, ino } = lstatSync(file, { bigint: true });
  return createHash('sha256').update(`${String(size)} ${String(mtimeNs)} ${String(ino)}`).digest('hex');
}

/** Of RPMs of several base systems, those of one. */
function ofBasesystem(rpms: readonly ReadRpm[], { package: name, of }: PrebuiltParams): readonly ReadRpm[] {
  if (!of) return rpms;
  const { basesystem, dist, otherDists } = of;
  const unknown = rpms.find(({ header }) => ![dist, ...otherDists].some((one) => hasDist(header.release, one)));
  if (unknown) {
    fail({
      class: 'usage',
      message: `${unknown.file} has none of ${[dist, ...otherDists].join(', ')} in its release, so it can't be told which base system it is for`,
      next: `Say it: sources.${name}.rpms: { ${basesystem}: [...] }, for each base system that it is for.`,
    });
  }
  const own = rpms.filter(({ header }) => hasDist(header.release, dist));
  if (own.length === 0) {
    fail({
      class: 'usage',
      message: `none of the RPMs of ${name} is for ${basesystem}: none has ${dist} in its release`,
      next: `Add them; or name the others' RPMs under their base system in sources.${name}.rpms, and KubeVirt keeps the official ones for ${basesystem}.`,
    });
  }
  return own;
}

function check({ file, from }: Place, params: PrebuiltParams): ReadRpm {
  const header = readRpmHeader(file);
  if (header.arch === 'src' || header.arch === 'nosrc') {
    fail({ class: 'usage', message: `${from} is a source RPM: it can't be installed into an image`, next: `Leave it out of sources.${params.package}.rpms; to rebuild it, name it under srpm.` });
  }
  if (header.arch !== 'noarch' && !params.arches.some((arch) => arch === header.arch)) {
    fail({ class: 'usage', message: `${from} is for ${header.arch}, but arch is ${params.arches.join(', ')}`, next: `Leave it out of sources.${params.package}.rpms, or add ${header.arch} to arch.` });
  }
  return { file, header };
}
