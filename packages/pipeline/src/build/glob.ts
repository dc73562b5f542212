import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that no glob enters unless it names them: another repository's insides, and what npm installs. */
const UNENTERED = new Set(['.git', 'node_modules']);

/**
 * Files below `root` that a glob names, relative and sorted. `*` and `?` stand for characters of one name, `**` for any folders; a folder named whole
 * stands for all files in it. Links to folders are not entered.
 */
export function globFiles(root: string, glob: string): readonly string[] {
  const normal = glob.replace(/^\.\//, '').replace(/\/+$/, '');
  const pattern = globPattern(normal);
  const fixed = normal.split('/').slice(0, -1);
  const wild = fixed.findIndex((part) => /[*?]/.test(part));
  const start = (wild < 0 ? fixed : fixed.slice(0, wild)).join('/');
  return walk(root, start, new Set(normal.split('/'))).filter((path) => pattern.test(path)).sort();
}

/** For paths with `/`; matches the path itself and, where it is a folder, all below it. */
export function globPattern(glob: string): RegExp {
  const source = glob
    .split('/')
    .map((part) => (part === '**' ? '**' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]')))
    .join('/')
    .replaceAll('**/', '(?:[^/]+/)*')
    .replaceAll('**', '.*');
  return new RegExp(`^${source}(?:/.*)?$`, 's');
}

function walk(root: string, folder: string, named: ReadonlySet<string>): string[] {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    return UNENTERED.has(entry.name) && !named.has(entry.name) ? [] : walk(root, path, named);
  });
}
