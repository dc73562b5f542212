import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorkspaceRpms } from '@crpm/rpm';

/** Names of the `rpm()` rules in a KubeVirt tree's WORKSPACE that name an address below this one. Fails if WORKSPACE is no Starlark. */
export function rulesServedAt(kubevirtDir: string, baseUrl: string): readonly string[] {
  let text;
  try {
    text = readFileSync(join(kubevirtDir, 'WORKSPACE'), 'utf8');
  } catch {
    return []; // Without a WORKSPACE nothing names anything.
  }
  return parseWorkspaceRpms(text)
    .filter((rule) => rule.urls.some((url) => url.startsWith(baseUrl)))
    .map((rule) => rule.name);
}
