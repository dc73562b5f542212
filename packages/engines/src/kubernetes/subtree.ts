import type { TarEntry } from '@crpm/archive';
import { encodeHeader, END_OF_ARCHIVE, paddingOf, printable, readTar } from '@crpm/archive';
import { fail } from '@crpm/core';

/**
 * Of an archive whose names are relative to a folder, what lies at `path`, named from its last component on; of `.` all. What is neither file, folder nor link is left out. Nothing is
 * believed: names that lead out are refused here already.
 * @throws FailureError `build` when nothing is there; what {@link readTar} throws.
 */
export async function* subtree(archive: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Buffer> {
  const wanted = path === '.' ? [] : Buffer.from(path).toString('latin1').split('/');
  let found = path === '.';
  for await (const entry of readTar(archive)) {
    const parts = entry.name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) fail({ class: 'build', message: `the archive from the cluster leads out of its folder: ${printable(entry.name)}`, next: 'See what the build does in its work folder.' });
    if (!wanted.every((part, i) => parts[i] === part)) continue;
    const name = (wanted.length === 0 ? parts : parts.slice(wanted.length - 1)).join('/');
    if (name === '') continue;
    found = true;
    yield* encoded(entry, name);
  }
  if (!found) fail({ class: 'build', message: `the build left nothing at ${path}`, next: 'Look at the log of the node for what it did instead.' });
  yield END_OF_ARCHIVE;
}

async function* encoded({ type, mode, mtime, size, target, content }: TarEntry, path: string): AsyncGenerator<Buffer> {
  const common = { path, mode, mtime: Math.max(0, mtime) };
  switch (type) {
    case 'file':
      yield encodeHeader({ ...common, type, size });
      yield* content;
      yield Buffer.alloc(paddingOf(size));
      return;
    case 'directory':
      yield encodeHeader({ ...common, type, size: 0 });
      return;
    case 'symlink':
      yield encodeHeader({ ...common, type, size: 0, target });
      return;
    case 'hardlink':
    case 'other':
      return;
  }
}

/** The content of the file at the end of a layer that holds one archive: what {@link subtree} wants. */
export async function* archiveIn(layer: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Buffer> {
  let found = false;
  for await (const entry of readTar(layer)) {
    if (entry.type !== 'file' || !entry.name.endsWith(`/${name}`)) continue;
    found = true;
    yield* entry.content;
  }
  if (!found) fail({ class: 'environment', message: `the layer from the cluster has no archive ${name} in it`, next: 'Run again.', transient: true });
}
