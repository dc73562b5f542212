import { Readable } from 'node:stream';

import { END_OF_ARCHIVE, packFiles, type BytePath } from '@crpm/archive';
import { packTree } from '@crpm/sources';

import type { SnapshotTree } from '../build/trees.js';
import type { TreeChanges } from './changes.js';

/** One tar stream of what {@link UPDATE} needs for these changes, below `sync/<token>`: lists of names, each ended by NUL, and the files. */
export function packChanges(tree: SnapshotTree, changes: TreeChanges, token: string): Readable {
  const folder = `sync/${token}`;
  const lists = packFiles([
    // Sorted by bytes, for comm(1).
    { path: `${folder}/altered`, content: nameList(changes.altered) },
    { path: `${folder}/folders`, content: nameList(changes.folders) },
  ]);
  if (changes.send.size === 0) return lists;
  return joinTars(lists, packTree(tree.dir, tree.manifest, { prefix: `${folder}/files`, only: changes.send }));
}

function nameList(names: readonly BytePath[]): Buffer {
  return Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1');
}

/** Two archives as one: the first without its end marker. */
function joinTars(first: Readable, second: Readable): Readable {
  async function* joined(): AsyncGenerator<Buffer> {
    let held = Buffer.alloc(0);
    for await (const chunk of first) {
      held = Buffer.concat([held, chunk as Buffer]);
      if (held.length <= END_OF_ARCHIVE.length) continue;
      yield held.subarray(0, held.length - END_OF_ARCHIVE.length);
      held = held.subarray(held.length - END_OF_ARCHIVE.length);
    }
    yield* second as AsyncIterable<Buffer>;
  }
  const stream = Readable.from(joined(), { objectMode: false });
  stream.once('close', () => {
    first.destroy();
    second.destroy();
  });
  return stream;
}
