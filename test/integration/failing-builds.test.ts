import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CAUSES, type Cause } from '@crpm/core';
import { writeRepodata } from '../../packages/pipeline/test/predict/repodata.js';
import { resolverRpm } from '../../packages/pipeline/test/predict/universes.js';
import { bazeldnf } from '../support/bazeldnf.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { failureOf, lacksBuildTools, tinySpec, type TinySpec } from './bad-input-rig.js';
import { CliRig, CRPM, type Ended } from './cli-rig.js';
import { shownFailures } from './troubleshooting.js';

const lacking = lacksBuildTools();
let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(async () => {
  await rig.crpm(['serve', '--stop']);
  rig.remove();
});

/** A package `demo` that fails; `files` beside its tree and its dist-git folder. */
interface Failing {
  readonly spec?: TinySpec;
  readonly files?: Readonly<Record<string, string>>;
  /** More of the config. */
  readonly config?: string;
}

function write({ spec = {}, files = {}, config = '' }: Failing, basesystem = 'basesystem: host\n'): void {
  rig.write({
    'custom-rpms.config.yaml': `${basesystem}kubevirt: false\nsources:\n  demo: { dir: demo, spec: { dir: dist-git } }\n${config}`,
    'demo/text': 'a text\n',
    'dist-git/demo.spec': tinySpec({ name: 'demo', ...spec }),
    ...files,
  });
}

async function fail(failing: Failing): Promise<Ended> {
  write(failing);
  return rig.crpm(['run', 'demo.rpmbuild']);
}

/** What the docs show of a cause is what a build that fails so really prints; `…` there stands for what differs from machine to machine. */
function expectAsShown(cause: Cause, { out }: Ended, node = 'demo.rpmbuild'): void {
  const shown = shownFailures().get(cause) ?? '';
  const pattern = shown.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]*');
  expect(failureOf(out, node)).toMatch(new RegExp(`^${pattern}$`));
}

const C_OF_DEMO = '#include <stdio.h>\n\nint main(void)\n{\n  return count;\n}\n';
const PATCH = '--- a/main.c\n+++ b/main.c\n@@ -1,3 +1,5 @@\n #include <stdio.h>\n+#include <stdlib.h>\n+#include <string.h>\n \n int main(void)\n';

const ON_HOST: Partial<Record<Cause, Failing>> = {
  patch: { spec: { head: 'Patch1: fix.patch\n', prep: '%autosetup -p1' }, files: { 'demo/main.c': 'int main(void) { return 0; }\n', 'dist-git/fix.patch': PATCH } },
  configure: { spec: { build: 'meson setup out' }, files: { 'demo/meson.build': "project('demo', 'c')\ndependency('libnl-3.0-demo')\n" } },
  // The dist-git patch moves the line by two.
  compiler: { spec: { head: 'Patch1: fix.patch\n', prep: '%autosetup -p1', build: 'cc -c main.c' }, files: { 'demo/main.c': C_OF_DEMO, 'demo/VERSION': '1.0\n', 'dist-git/fix.patch': PATCH } },
  linker: { spec: { build: 'cc main.c' }, files: { 'demo/main.c': 'int frob(void);\n\nint main(void)\n{\n  return frob();\n}\n' } },
  program: { spec: { build: 'gtkdocize --copy' } },
  'unpackaged-files': { spec: { files: '%files\n' } },
  'missing-files': { spec: { files: '%files\n/usr/share/tiny\n/usr/bin/demo\n' } },
  tests: {
    spec: { build: 'meson setup out', files: '%check\nmeson test -C out\n%files\n/usr/share/tiny\n' },
    files: { 'demo/meson.build': "project('demo')\ntest('arithmetic', find_program('false'))\ntest('words', find_program('true'))\n" },
    config: 'build: { check: true }\n',
  },
  network: { spec: { build: 'git clone https://git.example.invalid/keycodemapdb.git' } },
};

describe.skipIf(lacking)('a build that fails prints what the docs show for its cause:', () => {
  test.each(Object.entries(ON_HOST))('%s', async (cause, failing) => {
    const ended = await fail(failing);
    expectAsShown(cause as Cause, ended);
    expect(ended.code).toBe(1);
  });

  test('a pull request marks the line of the user’s own file, not that of the patched one', async () => {
    write(ON_HOST.compiler ?? {});
    await rig.crpm(['run', 'demo.rpmbuild', '--reporter', 'github=marks.txt'], { env: { GITHUB_WORKSPACE: rig.work } });
    expect(readFileSync(join(rig.work, 'marks.txt'), 'utf8')).toMatch(/^::error file=demo\/main\.c,line=5,col=10,title=demo\.rpmbuild::.*count.* undeclared/m);
  });

  test('disk', async ({ skip }) => {
    write({ spec: { build: 'dd if=/dev/zero of=core bs=1M count=64' } });
    mkdirSync(join(rig.root, 'state'));
    // A state folder on a disk of 32 MB, which nobody else sees.
    const small = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=32m none "$XDG_STATE_HOME" && exec "$@"', 'sh'];
    if ((await execa(small[0] ?? '', [...small.slice(1), 'true'], { env: { XDG_STATE_HOME: join(rig.root, 'state') }, reject: false })).exitCode !== 0) return skip('no file system can be mounted here');
    const { exitCode, stdout, stderr } = await execa(small[0] ?? '', [...small.slice(1), process.execPath, CRPM, 'run', 'demo.rpmbuild'], { cwd: rig.work, env: rig.env, extendEnv: false, reject: false });
    expectAsShown('disk', { code: exitCode, out: stdout, err: stderr });
    expect(exitCode).toBe(3);
  });

  test('resolver, by a real bazeldnf', async ({ skip }) => {
    const program = await bazeldnf();
    if (program === undefined) return skip('there is no bazeldnf');
    writeRepodata(join(rig.root, 'official'), [{ name: 'centos-stream-release', evr: '0:9-1.el9', arch: 'noarch' }].map(resolverRpm));
    mkdirSync(join(rig.root, 'bin'));
    symlinkSync(program, join(rig.root, 'bin/bazeldnf'));
    write({ config: 'rpmDeps: { versions: { PASST_VERSION: "0:0^20250121-1.el9" } }\n' });
    rig.write({
      'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: { dir: kubevirt }\nsources:\n  demo: { dir: demo, spec: { dir: dist-git }, pin: { variable: DEMO_VERSION, rpms: [demo] } }\n',
      'kubevirt/WORKSPACE': 'workspace(name = "kubevirt")\n',
      'kubevirt/rpm/BUILD.bazel': '',
      'kubevirt/rpm/repo-cs9.yaml': `repositories:\n- { name: official, arch: ${ARCH}, baseurl: "file://${rig.root}/official/" }\n`,
      'kubevirt/hack/rpm-deps.sh': SCRIPT,
    });
    await execa('chmod', ['+x', join(rig.work, 'kubevirt/hack/rpm-deps.sh')]);
    const ended = await rig.crpm(['run', 'rpm-deps'], { env: { PATH: `${join(rig.root, 'bin')}:${process.env['PATH'] ?? ''}`, XDG_CACHE_HOME: join(rig.root, 'cache') } });
    expectAsShown('resolver', ended, 'rpm-deps');
    expect(ended.code).toBe(1);
  });
});

const ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch === 's390x' ? 's390x' : 'x86_64';
/** A list that is made while the script runs can be read by nobody before: so foresight is silent, and the resolver itself is asked. */
const SCRIPT = `#!/bin/sh
set -e
DEMO_VERSION=\${DEMO_VERSION:-0:0.9-1.el9}
PASST_VERSION=\${PASST_VERSION:-0:0^20250121-1.el9}
main="demo-\${DEMO_VERSION} $(printf 'passt-%s' "$PASST_VERSION")"
bazeldnf fetch --repofile rpm/repo-cs9.yaml --repofile "$CUSTOM_REPO"
bazeldnf rpmtree --public --nobest --name "launcherbase_\${SINGLE_ARCH}_cs9" --arch "$SINGLE_ARCH" --basesystem centos-stream-release --repofile "$CUSTOM_REPO" --repofile rpm/repo-cs9.yaml $main
bazeldnf prune
`;

describe('in a container, the same:', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await testEngine();
    if ('skipped' in engine) console.warn(`SKIPPED: builds that fail in a container: ${engine.skipped}`);
  });

  const inContainer = async (failing: Failing, node: string): Promise<Ended | undefined> => {
    if ('skipped' in engine) return undefined;
    write(failing, `basesystem: mine\nbasesystems: { mine: { image: "${engine.image}", dist: .el9, stream: 9 } }\n`);
    return rig.crpm(['run', node], { env: { DOCKER_HOST: engine.dockerHost } });
  };

  test('build-requires', async () => {
    const ended = await inContainer({ spec: { head: 'BuildRequires: libnbd-devel >= 1.22\n' } }, 'demo.buildroot');
    if (!ended) return;
    expectAsShown('build-requires', ended, 'demo.buildroot');
    expect(ended.code).toBe(1);
  });

  test('memory: the kernel ends a compiler, of which the engine keeps a record', async () => {
    const ended = await inContainer({ spec: { build: 'cc -c main.c' }, files: { 'demo/main.c': HUNGRY }, config: 'build: { memory: 64MiB }\n' }, 'demo.rpmbuild');
    if (!ended) return;
    expectAsShown('memory', ended);
    expect(ended.code).toBe(1);
  });
});

/** A line that becomes a hundred million numbers. */
const HUNGRY = `#define TEN(...) ${Array(10).fill('__VA_ARGS__').join(', ')}\nint numbers[] = { ${'TEN('.repeat(8)}1${')'.repeat(8)} };\n`;

describe.skipIf(lacking)('other ways to fail, of the same causes', () => {
  const told = async (failing: Failing) => {
    const { out } = await fail(failing);
    return /^demo\.rpmbuild failed: ([^\n]*)/.exec(failureOf(out, 'demo.rpmbuild'))?.[1] ?? out;
  };

  const mail = `From: A <a@example.com>\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: [PATCH] Include more\n\n---\n${PATCH}--\n2.0\n`;

  test.each(['%autosetup -p1', '%autosetup -p1 -S patch', '%autosetup -p1 -S git', '%autosetup -p1 -S git_am', '%setup -q\n%patch -P1 -p1'])('a patch that does not fit, applied by %j', async (prep) => {
    expect(await told({ spec: { head: 'Patch1: fix.patch\n', prep }, files: { 'demo/main.c': 'int main(void) { return 0; }\n', 'dist-git/fix.patch': mail } })).toBe('the patch dist-git/fix.patch of the spec does not apply to this tree: hunk #1 of demo/main.c');
  });

  test('a patch for a file that is gone', async () => {
    expect(await told({ spec: { head: 'Patch1: fix.patch\n', prep: '%autosetup -p1 -S git_am' }, files: { 'demo/other.c': C_OF_DEMO, 'dist-git/fix.patch': mail } })).toBe('the patch dist-git/fix.patch of the spec does not apply to this tree: main.c does not exist');
  });

  test('a tree that meson can’t set up names the file where an editor finds it', async () => {
    rig.write({
      'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: false\nsources:\n  demo: { kind: meson-dist, dir: demo, spec: { tree: demo.spec.in } }\n',
      'demo/demo.spec.in': tinySpec({ name: 'demo' }),
      'demo/meson.build': "project('demo', 'c', version: '1.0')\nsubdir('tools')\n",
      'demo/tools/meson.build': "executable('gone', 'gone.c')\n",
    });
    const { out } = await rig.crpm(['run', 'demo.rpmbuild']);
    expect(failureOf(out, 'demo.rpmbuild')).toContain('demo.rpmbuild failed: meson setup of demo failed: demo/tools/meson.build, line 1: File gone.c does not exist.\n  | demo/tools/meson.build:1:0: ERROR: File gone.c does not exist.\n  next: Correct demo/tools/meson.build, then run again.\n');
  });

  test('a header that is missing', async () => {
    expect(await told({ spec: { build: 'cc -c main.c' }, files: { 'demo/main.c': '#include <no/such.h>\n' } })).toBe('demo/main.c, line 1 includes no/such.h, which is not there');
  });

  test('a line that a patch of the spec brings', async () => {
    const bad = PATCH.replace('#include <string.h>', 'int count = oops;');
    expect(await told({ spec: { head: 'Patch1: fix.patch\n', prep: '%autosetup -p1', build: 'cc -c main.c' }, files: { 'demo/main.c': C_OF_DEMO, 'demo/VERSION': '1.0\n', 'dist-git/fix.patch': bad } })).toMatch(
      /^demo\/main\.c, line 3 once %prep of the spec has changed it: .*oops.*$/,
    );
  });

  test('a library that is not there', async () => {
    expect(await told({ spec: { build: 'cc main.c -lnosuchlibrary' }, files: { 'demo/main.c': 'int main(void) { return 0; }\n' } })).toBe('the linker finds no library nosuchlibrary');
  });

  test('a macro that is not defined', async () => {
    expect(await told({ spec: { build: '%no_such_macro' } })).toBe('rpm knows no macro %no_such_macro');
  });

  test('tests that speak TAP, and those of automake', async () => {
    const check = (lines: string) => ({ spec: { files: `%check\nprintf '${lines}'; exit 1\n%files\n/usr/share/tiny\n` }, config: 'build: { check: true }\n' });
    expect(await told(check('1..3\\nok 1 - a\\nnot ok 2 - migrate over unix\\nnot ok 3 # TODO later\\n'))).toBe('%check failed: migrate over unix');
    expect(await told(check('PASS: a\\nFAIL: arithmetic\\n'))).toBe('%check failed: arithmetic');
  });

  test('a compiler that gets no more memory', async () => {
    expect(await told({ spec: { build: 'ulimit -v 100000; cc -c main.c' }, files: { 'demo/main.c': HUNGRY } })).toBe('a program of the build got no more memory');
  });

  test('a phase of the spec of which nobody knows more', async () => {
    expect(await told({ spec: { build: 'false' } })).toBe('%build failed');
  });
});

test('the docs show every cause, and no other', () => {
  expect([...shownFailures().keys()].sort()).toEqual([...CAUSES].sort());
  expect(readFileSync(join(import.meta.dirname, '../../docs/troubleshooting.md'), 'utf8')).not.toContain('TODO');
});
