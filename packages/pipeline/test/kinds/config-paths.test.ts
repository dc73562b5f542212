import { inputTitle } from '@crpm/runner';
import { expect, test } from 'vitest';
import { nodeKinds } from '../../src/index.js';

const kinds = nodeKinds({ env: {}, serverEntry: '' });

test.each([
  ['source', ['param/tree/kind', 'param/tree/dir', 'param/distGit/kind', 'param/distGit/dir', 'param/distGit/ref', 'tree', 'spec']],
  ['rpmbuild-in-place', ['param/method', 'param/spec/in', 'param/spec/file', 'param/profile', 'param/options/suffix']],
])('no two inputs of %s have one title', (kind, inputs) => {
  const of = kinds.get(kind);
  const titles = inputs.map((name) => of && inputTitle(name, of));
  expect(new Set(titles).size).toBe(inputs.length);
});

test('how a package is built is named and valued as in the config', () => {
  const of = kinds.get('rpmbuild');
  expect(of && inputTitle('param/profile', of)).toBe('build.profile');
});
