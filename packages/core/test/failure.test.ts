import { expect, test } from 'vitest';
import { FailureError, toFailure } from '../src/index.js';

const systemError = (code: string) => Object.assign(new Error(`${code}: open '/state/journal'`), { code });

test.each([
  ['ENOSPC', 'the disk is full'], ['EDQUOT', 'the disk is full'], ['EMFILE', 'too many files are open'], ['ENFILE', 'too many files are open'],
  ['EACCES', 'this machine does not allow it'], ['EPERM', 'this machine does not allow it'], ['EROFS', 'the file system is read only'],
  ['EIO', 'the disk failed'], ['ENOMEM', 'this machine has no memory left'],
])('%s tells of the machine: %s', (code, what) => {
  expect(toFailure(systemError(code))).toMatchObject({ class: 'environment', message: `${what}: ${code}: open '/state/journal'`, next: expect.stringMatching(/run again/) as unknown });
});

test.each(['ENOENT', 'ENOTDIR', 'EEXIST', 'EBADF', 'toString'])('%s is a bug: crpm named the wrong path', (code) => {
  expect(toFailure(systemError(code))).toMatchObject({ class: 'bug', message: `internal error: ${code}: open '/state/journal'` });
});

test('an expected failure is itself, and what is no error at all is a bug', () => {
  const failure = { class: 'build', message: 'ninja ended with 1' } as const;
  expect(toFailure(new FailureError(failure))).toBe(failure);
  expect(toFailure('text')).toMatchObject({ class: 'bug', message: 'internal error: text' });
});
