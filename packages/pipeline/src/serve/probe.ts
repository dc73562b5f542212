import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@crpm/core';
import { readCurrentGeneration } from '@crpm/state';
import { fetchBytes } from './fetch.js';

/**
 * Makes sure that a base URL answers with this workspace's current generation: every `repomd.xml`, byte for byte. An address is told to
 * nobody before this has passed. Fails with class `environment`.
 */
export async function probeRepository(repoDir: string, baseUrl: string, next: string, signal?: AbortSignal): Promise<void> {
  const current = readCurrentGeneration(repoDir);
  const indexes = current?.files.filter(({ path }) => path.endsWith('/repodata/repomd.xml')) ?? [];
  for (const { path } of indexes) {
    const url = new URL(path, baseUrl).href;
    const ours = readFileSync(join(current?.dir ?? '', path));
    let theirs;
    try {
      theirs = await fetchBytes(url, signal);
    } catch (error) {
      fail({ class: 'environment', message: `the repository is not served: ${(error as Error).message}`, next }, error);
    }
    if (!ours.equals(theirs)) fail({ class: 'environment', message: `${url} answers with another repository than the one just made`, next });
  }
}
