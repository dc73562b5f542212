import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TreeRequest } from '../deps-script/read.js';

/** A repository of the distribution, as KubeVirt's repo files name it. */
export interface OfficialRepo {
  readonly name: string;
  /** Where the resolver fetches its metadata: an address. */
  readonly baseUrl: string;
}

/**
 * Repo files that a script gives its resolver, relative to the tree: those that its calls name, as far as they are in the tree before the script runs; else
 * `rpm/repo-cs<N>.yaml`. `custom`: ours, which is not among them.
 */
export function repoFilesOf(tree: string, trees: readonly TreeRequest[], { stream, custom }: { readonly stream: number; readonly custom: string }): readonly string[] {
  const named = [...new Set(trees.flatMap(({ repoFiles }) => repoFiles))].filter((file) => file !== custom);
  const there = named.filter((file) => !file.startsWith('/') && !file.split('/').includes('..') && readText(tree, file) !== undefined);
  return there.length > 0 ? there : [`rpm/repo-cs${String(stream)}.yaml`];
}

/** The repositories of one architecture, in the order of the files. A text says why nobody can tell which they are. */
export async function officialRepos(tree: string, files: readonly string[], arch: string): Promise<readonly OfficialRepo[] | string> {
  const repos: OfficialRepo[] = [];
  for (const file of files) {
    const text = readText(tree, file);
    if (text === undefined) return `there is no ${file}`;
    const entries = await entriesOf(text);
    if (!entries) return `${file} is no list of repositories`;
    for (const entry of entries) {
      if (entry['arch'] !== arch || entry['disabled'] === true) continue;
      const { name, baseurl } = entry;
      if (typeof name !== 'string' || typeof baseurl !== 'string' || baseurl === '') return `${file} names a repository of ${arch} without a baseurl`;
      repos.push({ name, baseUrl: SCHEME.test(baseurl) ? baseurl : pathToFileURL(join(tree, baseurl)).href });
    }
  }
  return repos.length > 0 ? repos : `${files.join(', ')} name no repository of ${arch}`;
}

/** An address begins with it; what does not is a folder of the tree, for a script that makes an address of it. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

type Entry = Readonly<Record<string, unknown>>;

async function entriesOf(text: string): Promise<readonly Entry[] | undefined> {
  const { load } = await import('js-yaml');
  try {
    const file = load(text) as { readonly repositories?: unknown } | null | undefined;
    const list: unknown = file?.repositories;
    return Array.isArray(list) && list.every((entry) => typeof entry === 'object' && entry !== null) ? (list as readonly Entry[]) : undefined;
  } catch {
    return undefined;
  }
}

function readText(tree: string, file: string): string | undefined {
  try {
    return readFileSync(join(tree, file), 'utf8');
  } catch {
    return undefined;
  }
}
