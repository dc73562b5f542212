import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { fail } from '@crpm/core';
import { formatNevra, readRpmHeader, type RpmHeader } from '@crpm/rpm';
import { hashFile } from '@crpm/state';

import type { RpmFact } from '../facts.js';
import { shapeOf } from './rpm-shape.js';
import { missingSiblings } from './siblings.js';
import { linkOrCopy } from './staging.js';

export interface ExpectedRpms {
  readonly arch: string;
  /** EVR that the spec gave before the build. */
  readonly evr: string;
  /** Whose RPMs they are, for messages. */
  readonly what: string;
}

/** Takes the RPMs that rpmbuild left below `from` into the flat folder `to`, after reading their headers: those decide what was built. */
export async function collectRpms(from: string, to: string, expected: ExpectedRpms): Promise<readonly RpmFact[]> {
  return takeRpms(readExpected(from, expected), to, linkOrCopy);
}

/** The headers of the RPMs below a folder, which must be of the package that was to be built. */
export function readExpected(from: string, expected: ExpectedRpms): readonly ReadRpm[] {
  const files = rpmFiles(from);
  if (files.length === 0) {
    fail({ class: 'build', message: `rpmbuild of ${expected.what} succeeded and made no RPM`, next: 'Look at the spec: without a %files section a package makes no RPM.', lines: [] });
  }
  const headers = files.map((file) => ({ file, header: readRpmHeader(file) }));
  checkArches(headers, expected.arch);
  checkUnique(headers);
  checkSource(headers, expected);
  return headers;
}

/** All `*.rpm` below a folder, sorted by path. */
export function rpmFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rpm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export interface ReadRpm {
  readonly file: string;
  readonly header: RpmHeader;
}

/** Brings RPMs into a flat folder under the names that their headers give them, by `bring`. */
export async function takeRpms(rpms: readonly ReadRpm[], to: string, bring: (from: string, to: string) => Promise<void>): Promise<readonly RpmFact[]> {
  const headers = rpms.map(({ header }) => header);
  const facts: RpmFact[] = [];
  for (const { file, header } of rpms) {
    const name = fileNameOf(header);
    await bring(file, join(to, name));
    facts.push(rpmFact(header, await hashFile(join(to, name)), headers));
  }
  return facts.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** What is told of an RPM, one of `all`. */
export function rpmFact(header: RpmHeader, { sha256, size }: { readonly sha256: string; readonly size: number }, all: readonly RpmHeader[]): RpmFact {
  const { name, epoch, version, release, arch, sourcerpm = '' } = header;
  const missing = missingSiblings(header, all);
  return { file: fileNameOf(header), name, epoch, version, release, arch, sourcerpm, sha256, size, shape: shapeOf(header), ...(missing.length > 0 && { missingSiblings: missing }) };
}

function fileNameOf({ name, version, release, arch }: RpmHeader): string {
  return `${name}-${version}-${release}.${arch}.rpm`;
}

/** Two RPMs of one name, EVR and architecture: KubeVirt could take either. */
export function checkUnique(rpms: readonly ReadRpm[]): void {
  const seen = new Map<string, string>();
  for (const { file, header } of rpms) {
    const nevra = formatNevra(header);
    const other = seen.get(nevra);
    if (other !== undefined) fail({ class: 'build', message: `two RPMs are ${nevra}: ${other} and ${file}`, next: 'Keep one of them.' });
    seen.set(nevra, file);
  }
}

function checkArches(rpms: readonly ReadRpm[], arch: string): void {
  for (const { file, header } of rpms) {
    if (header.arch === arch || header.arch === 'noarch') continue;
    fail({ class: 'build', message: `${baseName(file)} is for ${header.arch}, but ${arch} was to be built`, next: 'Look at BuildArch and --target in the spec.' });
  }
}

/** The name of the source RPM carries version and release of the package as a whole; subpackages may have their own. */
function checkSource(rpms: readonly ReadRpm[], { evr, what }: ExpectedRpms): void {
  const versionRelease = evr.replace(/^\d+:/, '');
  for (const { file, header } of rpms) {
    if (header.sourcerpm?.endsWith(`-${versionRelease}.src.rpm`) === true || header.sourcerpm?.endsWith(`-${versionRelease}.nosrc.rpm`) === true) continue;
    fail({
      class: 'build',
      message: `${baseName(file)} of ${what} comes from ${header.sourcerpm ?? 'no source RPM'}, but its spec gave ${evr}`,
      next: 'Make Version and Release of the spec independent of what is configured during the build.',
    });
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
