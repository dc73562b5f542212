import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorkspaceRpms } from '@crpm/rpm';

/** Names of the `rpm()` rules in a KubeVirt tree's WORKSPACE that name an address below this one. Fails if WORKSPACE is no Starlark. */
export function rulesServedAt(kubevirtDir: string, baseUrl: string): readonly string[] {
  return readRules(kubevirtDir)
    .filter((rule) => rule.urls.some((url) => url.startsWith(baseUrl)))
    .map((rule) => rule.name);
}

/** Hex sha256 of every address by content that a KubeVirt tree's WORKSPACE names, on whatever server. Fails if WORKSPACE is no Starlark. */
export function addressesIn(kubevirtDir: string): ReadonlySet<string> {
  const digests = readRules(kubevirtDir).flatMap(({ urls }) => urls.map((url) => /\/by-sha256\/([0-9a-f]{64})\//.exec(url)?.[1]));
  return new Set(digests.filter((digest) => digest !== undefined));
}

function readRules(kubevirtDir: string): ReturnType<typeof parseWorkspaceRpms> {
  let text;
  try {
    text = readFileSync(join(kubevirtDir, 'WORKSPACE'), 'utf8');
  } catch {
    return []; // Without a WORKSPACE nothing names anything.
  }
  return parseWorkspaceRpms(text);
}
