import { expect, test } from 'vitest';
import { formatProof } from '../../src/kubevirt/format-proof.js';
import { explainScriptFailure } from '../../src/kubevirt/script-failure.js';

// As bazeldnf v0.99.1 prints it: the error, the help, the error once more.
const helpful = (error: string) => [
  `Error: ${error}`,
  'Usage:',
  '  bazeldnf rpmtree [flags]',
  '',
  'Flags:',
  '  -a, --arch string     target architecture (default [x86_64])',
  '      --nobest          allow picking versions which are not the newest',
  '',
  'Global Flags:',
  '  -l, --log-level string   log level',
  '',
  error,
];

test('an RPM that crpm pins and nobody built is to be built', () => {
  const output = ['time="2026-11-26T10:37:13Z" level=info msg="Loading packages."', ...helpful('Package qemu-img-17:10.1.0-20.el9.crpm0001 does not exist')];
  const { reason, lines, next } = explainScriptFailure(output, { SINGLE_ARCH: 'x86_64', QEMU_VERSION: '17:10.1.0-20.el9.crpm0001' });
  expect(reason).toBe('Package qemu-img-17:10.1.0-20.el9.crpm0001 does not exist');
  expect(lines).toEqual([`Error: ${reason}`, reason]);
  expect(next).toMatch(/^KubeVirt's script asks for it with QEMU_VERSION, which crpm set to what was built: build that RPM too/);
});

test("a pin of KubeVirt's own that no mirror has any more is to be set", () => {
  const { next } = explainScriptFailure(helpful('Package passt-0:0^20260611.ga9c61ff-1.el9 does not exist'), { QEMU_VERSION: '17:10.1.0-20.el9.crpm0001' });
  expect(next).toMatch(/^KubeVirt's script asks for passt-0:0\^20260611\.ga9c61ff-1\.el9, and no repository has it: mirrors drop old versions\. Set the version that there is now under rpmDeps\.versions/);
});

test('a resolver that gives up is quoted', () => {
  const { reason, next } = explainScriptFailure(helpful('no solution found: nothing provides libvirt-libs'), {});
  expect(reason).toBe('no solution found: nothing provides libvirt-libs');
  expect(next).toMatch(/requires another exact version than the one built/);
});

test('a repository that does not answer where the resolver runs leads to serve.mode: volume', () => {
  const { reason, next } = explainScriptFailure(helpful('failed to fetch repomd.xml for custom: All mirrors tried, could not download repomd.xml'), {});
  expect(reason).toBe('failed to fetch repomd.xml for custom: All mirrors tried, could not download repomd.xml');
  expect(next).toMatch(/has another loopback .*: set serve\.mode: volume/);
});

test('of any other failure the last ten lines are shown', () => {
  const output = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  expect(explainScriptFailure(output, {})).toEqual({ lines: output.slice(20), next: 'See the log; the KubeVirt tree is untouched, and the private copy is kept.' });
});

test('a package that moved along says in which trees', () => {
  const moved = [{ name: 'bash', before: ['0:5.1.8-9.el9'], after: [], trees: ['pr-helper_x86_64_cs9'] }];
  const text = formatProof({ proof: { holds: true, proven: true, standing: 'proof', resolver: 'bazeldnf', rows: [], complaints: [], moved }, stale: {}, absent: [], allowOfficial: [] });
  expect(text.split('\n')).toContain('moved along: bash 0:5.1.8-9.el9 → gone (pr-helper_x86_64_cs9)');
});
