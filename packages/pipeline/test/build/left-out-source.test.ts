import { FailureError, toFailure, type Failure, type NodeContext, type NodeKind } from '@crpm/core';
import { expect, test } from 'vitest';
import { sayingOfLeftOutSource } from '../../src/build/left-out-source.js';

const CHANGED: Failure = { class: 'source', message: 'changed while reading: a.c', next: 'Run again when nothing writes to the tree.' };

async function failureOf(failure: Failure, asOf?: string): Promise<Failure> {
  const kind = sayingOfLeftOutSource({ name: 'rpmbuild', run: () => Promise.reject(new FailureError(failure)) } as unknown as NodeKind<null>);
  const source = { dir: '', files: [], data: null, digest: '', ...(asOf === undefined ? {} : { asOf }) };
  const context = { node: { id: 'qemu.rpmbuild' }, needs: new Map([['base', { ...source, asOf: '2026' }], ['qemu.source', source]]) } as unknown as NodeContext;
  return toFailure(await kind.run(null, context).then(() => expect.fail('it fails'), (error: unknown) => error));
}

test('an edited tree whose source is left out of the run is told as that, and what to type', async () => {
  expect(await failureOf(CHANGED, '2026-11-26')).toEqual({
    class: 'source',
    message: 'the tree is not as qemu.source read it, and this run leaves qemu.source out',
    lines: ['changed while reading: a.c'],
    next: 'Run qemu.rpmbuild with what it needs, or name qemu.source beside it under --only.',
    commands: ['crpm run qemu.rpmbuild'],
  });
});

test('a tree that is written to, and any other failure, is told as it is', async () => {
  expect(await failureOf(CHANGED)).toEqual(CHANGED);
  const other: Failure = { class: 'build', message: 'no' };
  expect(await failureOf(other, '2026-11-26')).toEqual(other);
});
