import type { RpmFile } from '@crpm/rpm';
import { expect, test } from 'vitest';
import { shapeOf } from '../../src/build/rpm-shape.js';

const file = (path: string, target?: string): RpmFile => ({ path, mode: 0o100755, size: 1, ghost: false, config: false, doc: false, ...(target === undefined ? {} : { target }) });
const shape = (...files: readonly RpmFile[]) => shapeOf({ requires: [], provides: [], files });

test('links by build-id are no part of it, as every edit of code moves them; every other file is', () => {
  const program = file('/usr/bin/qemu-img');
  const ids = (of: string) => [file('/usr/lib/.build-id'), file(`/usr/lib/.build-id/${of}`), file(`/usr/lib/.build-id/${of}/aa`, '../../../bin/qemu-img')];
  expect(shape(program, ...ids('0f'))).toBe(shape(program, ...ids('e3')));
  expect(shape(program, ...ids('0f'))).toBe(shape(program));
  expect(shape(program, file('/usr/lib/.build-ids'))).not.toBe(shape(program));
  expect(shape(program)).not.toBe(shape(file('/usr/bin/qemu-img', 'qemu-nbd')));
});
