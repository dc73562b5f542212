import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fail } from '@crpm/core';
import { readCurrentGeneration } from '@crpm/state';
import { fetchBytes } from './fetch.js';

/**
 * Makes sure that a base URL answers with this workspace's current generation: every `repomd.xml`, byte for byte. An address is told to
 * nobody before this has passed. A server that is only starting gets `patienceMs` to answer. Fails with class `environment`.
 */
export async function probeRepository(repoDir: string, baseUrl: string, next: string, signal?: AbortSignal, patienceMs = 0): Promise<void> {
  const current = readCurrentGeneration(repoDir);
  const indexes = current?.files.filter(({ path }) => path.endsWith('/repodata/repomd.xml')) ?? [];
  for (const { path } of indexes) {
    const url = new URL(path, baseUrl).href;
    const ours = readFileSync(join(current?.dir ?? '', path));
    let theirs;
    try {
      theirs = await patiently(() => fetchBytes(url, signal), patienceMs);
    } catch (error) {
      fail({ class: 'environment', message: `the repository is not served: ${(error as Error).message}`, next }, error);
    }
    if (!ours.equals(theirs)) fail({ class: 'environment', message: `${url} answers with another repository than the one just made`, next });
  }
}

async function patiently<T>(ask: () => Promise<T>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await setTimeout(100);
    }
  }
}
