import { expect, test } from 'vitest';

import { ownArchiveSpec } from '../../src/build/own-archive-spec.js';

test.each([
  ["%{gpgverify} --keyring='%{SOURCE2}' --signature='%{SOURCE1}' --data='%{SOURCE0}'"],
  ['gpgv2 --homedir "$tmphome" --keyring %{SOURCE7} %{SOURCE1} %{SOURCE0}'],
  ['  gpgv --keyring %{S:7} \\\n    %{S:1} \\\n    %{S:0}'],
])('a signature of the archive that ours takes the place of is not asked for: %s', (check) => {
  expect(ownArchiveSpec(`%prep\n${check}\n%setup -q\n`)).toBe('%prep\n: the signature is that of another archive\n%setup -q\n');
});

test.each([["%{gpgverify} --keyring='%{SOURCE2}' --signature='%{SOURCE4}' --data='%{SOURCE3}'"], ['gpgv2 %{SOURCE1} %{SOURCE01x}'], ['echo gpgv2 %{SOURCE0}'], ['%setup -q -T -b 0 %{SOURCE0}']])('anything else stays: %s', (line) => {
  expect(ownArchiveSpec(`%prep\n${line}\n%setup -q\n`)).toBe(`%prep\n${line}\n%setup -q\n`);
});
