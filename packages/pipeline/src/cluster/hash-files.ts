import { fail } from '@crpm/core';
import { execIn, type Container } from './exec.js';
import type { Kubectl } from './kubectl.js';

/** What is at a path in a container: hex sha256 of a file, or why there is none. */
export type Found = string | 'missing' | 'unreadable';

/** Bounds of one call: its arguments travel in one line of an HTTP request. */
const BATCH = { paths: 200, bytes: 12_000 } as const;

/** A line for each argument, in their order and without their names: what a file is called can't be taken for an answer. */
const SCRIPT = `
for file do
  if [ ! -e "$file" ]; then echo missing
  elif sum=$(sha256sum < "$file" 2>/dev/null) && [ -n "$sum" ]; then echo "\${sum%% *}"
  else echo unreadable
  fi
done`;

/** The sha256s of files in a container, by path. */
export async function hashFiles(kubectl: Kubectl, at: Container, paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const batch of batches([...new Set(paths)])) {
    const { code, out, said } = await execIn(kubectl, at, ['sh', '-c', SCRIPT, 'sh', ...batch], signal);
    const answers = parseAnswers(out, batch.length);
    if (code !== 0 || answers === undefined) {
      fail({ class: 'environment', message: `the files in the container ${at.container} of ${at.pod} could not be read: sh and sha256sum there gave no answer that makes sense`, next: 'Is this a virt-launcher image?', lines: said });
    }
    batch.forEach((path, index) => found.set(path, answers[index] ?? 'missing'));
  }
  return found;
}

/** Exactly one answer for each path, and nothing else; otherwise nothing of it counts. */
export function parseAnswers(out: string, count: number): readonly Found[] | undefined {
  const lines = out.replace(/\n$/, '').split('\n');
  return lines.length === count && lines.every((line) => /^([0-9a-f]{64}|missing|unreadable)$/.test(line)) ? lines : undefined;
}

export function batches(paths: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [];
  let bytes = Infinity;
  for (const path of paths) {
    // As it is sent: percent-encoded.
    const length = encodeURIComponent(path).length + 10;
    const last = all.at(-1);
    if (last === undefined || last.length >= BATCH.paths || bytes + length > BATCH.bytes) {
      all.push([path]);
      bytes = length;
    } else {
      last.push(path);
      bytes += length;
    }
  }
  return all;
}
