import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { REPORTERS } from '@crpm/reporters';
import { failureOf, lacksBuildTools } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/*
 * What users read when something is wrong, whole and word for word: which node or line, what the cause is, what to do next. Builds that fail are in failing-builds.test.ts and
 * docs/troubleshooting.md; complaints about a config, some hundred more, in packages/config/test/messages.test.ts.
 */

interface Case {
  readonly title: string;
  /** By path below the folder that crpm is started in. */
  readonly files: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whose failure in the summary is meant; absent: all that crpm printed. */
  readonly node?: string;
  readonly code: number;
  /** WORK: the folder of the config; ROOT: the one above; `…`: the run; THIS OS: the machine's own. */
  readonly text: string;
}

const libvirt = { 'libvirt/meson.build': "project('libvirt', version: '1')\n", 'libvirt/libvirt.spec.in': 'Name: libvirt\n' };
const tiny = { 'tree/text': 'x\n', 'dist-git/tiny.spec': 'Name: tiny\nVersion: 1\nRelease: 1\nSummary: s\nLicense: l\n%description\n' };
const kubevirt = { 'kubevirt/WORKSPACE': '', 'kubevirt/rpm/BUILD.bazel': '', 'kubevirt/hack/rpm-deps.sh': 'LIBVIRT_VERSION=${LIBVIRT_VERSION:-0:11.10.0-12.el9}\n' };
const config = (text: string) => ({ 'custom-rpms.config.yaml': text });
const host = (rest: string) => `basesystem: host\nkubevirt: false\n${rest}`;
const tinyConfig = config(host('sources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n'));
const tasks = (text: string) => config(host(`sources: {}\ntasks:\n${text}`));

const CASES: readonly Case[] = [
  {
    title: 'there is no config', files: {}, argv: ['run'], code: 2,
    text: `error: there is no config: neither WORK nor a folder above it has custom-rpms.config.yaml (or custom-rpms.config.yml, custom-rpms.config.json, .custom-rpmsrc, custom-rpms in package.json); crpm init writes one, QEMU_DIR and LIBVIRT_DIR do without`,
  },
  {
    title: 'a command that does not exist', files: {}, argv: ['rnu'], code: 2,
    text: `error: unknown command 'rnu'
(Did you mean run?)
(crpm --help lists the commands and their options)`,
  },
  {
    title: 'an option that does not exist', files: {}, argv: ['run', '--forse'], code: 2,
    text: `error: unknown option '--forse'
(Did you mean --force?)
(crpm run --help has examples)`,
  },
  {
    title: 'an argument that is missing', files: {}, argv: ['explain'], code: 2,
    text: `error: missing required argument 'node'
(crpm explain --help has examples)`,
  },
  {
    title: 'a number that is none', files: {}, argv: ['run', '--jobs', 'many'], code: 2,
    text: `error: option '--jobs <n>' argument 'many' is invalid. It must be a whole number from 1 to 4096.
(crpm run --help has examples)`,
  },
  {
    title: 'a face that does not exist', files: tasks('  a: { run: ["true"] }\n'), argv: ['run', '--reporter', 'xml'], code: 2,
    text: `error: --reporter xml: there is no "xml"; there are: ${REPORTERS.join(', ')}, html`,
  },
  {
    title: 'two faces for one stdout', files: tasks('  a: { run: ["true"] }\n'), argv: ['run', '--reporter', 'junit', '--reporter', 'trace'], code: 2,
    text: `error: --reporter junit and --reporter trace would both write to stdout: send one to a file, as in trace=FILE`,
  },
  {
    title: 'a folder that does not exist', files: {}, argv: ['-C', 'nowhere', 'run'], code: 2,
    text: `error: -C nowhere: there is no such folder`,
  },
  {
    title: 'a config file that does not exist', files: {}, argv: ['--config', 'mine.yaml', 'run'], code: 2,
    text: `error: the config file mine.yaml can't be read: there is no such file`,
  },
  {
    title: 'a key that is misspelt', files: config('kubevirt:\n  dri: ../kubevirt\nsources: { libvirt: { dir: ../libvirt } }\n'), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:1:1: error: kubevirt lacks dir
 1 | kubevirt:
   | ^^^^^^^^
custom-rpms.config.yaml:2:3: error: unknown key "dri" in kubevirt; did you mean "dir"? Allowed: dir
 2 |   dri: ../kubevirt
   |   ^^^`,
  },
  {
    title: 'a tab in YAML', files: config('sources:\n\tlibvirt: {}\n'), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:2:1: error: a tab in the indentation; YAML wants spaces
 2 | 	libvirt: {}
   | ^`,
  },
  {
    title: 'a key twice', files: config('arch: x86_64\narch: aarch64\nsources: { libvirt: { dir: x } }\n'), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:2:1: error: the key "arch" is there twice
 2 | arch: aarch64
   | ^^^^`,
  },
  {
    title: 'a tree that is not there', files: config(host('sources: { libvirt: { dir: ../libvirt } }\n')), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:3:28: error: sources.libvirt.dir: ROOT/libvirt does not exist
 3 | sources: { libvirt: { dir: ../libvirt } }
   |                            ^^^^^^^^^^`,
  },
  {
    title: 'a tree that is no libvirt', files: { ...tiny, ...config(host('sources: { libvirt: { dir: tree } }\n')) }, argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:3:12: error: sources.libvirt.spec: tree has no file libvirt.spec.in
 3 | sources: { libvirt: { dir: tree } }
   |            ^^^^^^^
custom-rpms.config.yaml:3:28: error: sources.libvirt.dir: tree has no meson.build, so it is no tree for meson dist
 3 | sources: { libvirt: { dir: tree } }
   |                            ^^^^`,
  },
  {
    title: 'no KubeVirt where it should be', files: { ...libvirt, ...config('basesystem: host\nsources: { libvirt: { dir: libvirt } }\n') }, argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:1:1: error: kubevirt.dir: WORK has no hack/rpm-deps.sh, so it is no KubeVirt tree; name one, or write kubevirt: false to end with a served repository
 1 | basesystem: host
   | ^`,
  },
  {
    title: 'a script that knows no such variable', files: { ...kubevirt, ...libvirt, ...tiny, ...config('basesystem: host\nkubevirt: { dir: kubevirt }\nsources:\n  libvirt: { dir: libvirt }\n  tiny: { dir: tree, spec: { dir: dist-git }, pin: { variable: TINY_VERSION } }\n') }, argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:5:3: error: kubevirt/hack/rpm-deps.sh does not know TINY_VERSION, so it can't be told which tiny to take; name the variable that it reads under sources.tiny.pin, or, where KubeVirt has no such RPM, set preset: none
 5 |   tiny: { dir: tree, spec: { dir: dist-git }, pin: { variable: TINY_VERSION } }
   |   ^^^^`,
  },
  {
    title: 'sources that need each other', files: { ...tiny, ...config(host('sources:\n  a: { dir: tree, spec: { dir: dist-git }, needs: [b] }\n  b: { dir: tree, spec: { dir: dist-git }, needs: [a] }\n')) }, argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:4:52: error: nodes need each other in a circle: a.buildroot → b.rpmbuild → b.buildroot → a.rpmbuild → a.buildroot
 4 |   a: { dir: tree, spec: { dir: dist-git }, needs: [b] }
   |                                                    ^`,
  },
  {
    title: 'tasks that need each other', files: tasks('  a: { run: ["true"], needs: [b] }\n  b: { run: ["true"], needs: [a] }\n'), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:5:31: error: nodes need each other in a circle: a → b → a
 5 |   a: { run: ["true"], needs: [b] }
   |                               ^`,
  },
  {
    title: 'a need that is no node', files: tasks('  a: { run: ["true"], needs: [libvrt.rpmbuild] }\n'), argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:5:31: error: a needs libvrt.rpmbuild, which does not exist; the nodes are: a
 5 |   a: { run: ["true"], needs: [libvrt.rpmbuild] }
   |                               ^^^^^^^^^^^^^^^`,
  },
  {
    title: 'a package that does not exist', files: { ...tiny, ...tinyConfig }, argv: ['run', '--skip', 'qemu'], code: 2,
    text: `error: --skip qemu: there is no such package; the packages are: tiny`,
  },
  {
    title: 'logs before anything ran', files: { ...tiny, ...tinyConfig }, argv: ['logs', 'tiny.rpmbuild'], code: 2,
    text: `error: there are no logs: nothing was run in this workspace yet`,
  },
  {
    title: 'events before anything ran', files: { ...tiny, ...tinyConfig }, argv: ['events'], code: 2,
    text: `error: nothing was run in this workspace yet`,
  },
  {
    title: 'nothing to verify yet', files: { ...kubevirt, ...libvirt, ...config('basesystem: host\nkubevirt: { dir: kubevirt }\nsources: { libvirt: { dir: libvirt } }\n') }, argv: ['verify'], code: 2,
    text: `error: there is nothing to verify yet: createrepo, serve, rpm-deps never had a result; crpm run makes them`,
  },
  {
    title: 'nothing to verify ever', files: { ...tiny, ...tinyConfig }, argv: ['verify'], code: 2,
    text: `error: there is nothing to verify: the config has no kubevirt tree`,
  },
  {
    title: 'a run that is not on record', files: { ...tiny, ...tinyConfig }, argv: ['source', 'export', 'latest', 'tiny'], code: 2,
    text: `error: nothing was run in this workspace yet`,
  },
  {
    title: 'a branch that nothing pins', files: { ...config(host('sources:\n  tiny: { git: "https://git.example.invalid/tiny.git", ref: main, spec: { tree: tiny.spec } }\n')) }, argv: ['run', '--locked'], code: 2,
    text: `custom-rpms.config.yaml:4:16: error: --locked: custom-rpms.lock.yaml does not say what main of https://git.example.invalid/tiny.git stands for; crpm update tiny writes it there
 4 |   tiny: { git: "https://git.example.invalid/tiny.git", ref: main, spec: { tree: tiny.spec } }
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^`,
  },
  {
    title: 'nothing that could be updated', files: { ...tiny, ...tinyConfig }, argv: ['update'], code: 0,
    text: `nothing here is pinned: sources and specs are folders, files, commits, or have their sha256 in the config`,
  },
  {
    title: 'a package to update that is pinned by nothing', files: { ...tiny, ...tinyConfig }, argv: ['update', 'tiny'], code: 0,
    text: `nothing here is pinned: sources and specs are folders, files, commits, or have their sha256 in the config`,
  },
  {
    title: 'nothing to build around', files: {}, argv: ['init', '--yes'], code: 2,
    text: `error: there is no tree to build: neither qemu nor libvirt, here or beside, is one; name them with QEMU_DIR and LIBVIRT_DIR, or write the config yourself`,
  },
  {
    title: 'a config that is there already', files: { ...kubevirt, ...libvirt, ...tinyConfig }, argv: ['init', '--yes'], code: 2,
    text: `error: custom-rpms.config.yaml is there already; crpm validate checks it, crpm init --force writes it anew`,
  },
  {
    title: 'a shell that is not known', files: {}, argv: ['completion', 'tcsh'], code: 2,
    text: `error: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.
(crpm completion --help has examples)`,
  },
  {
    title: 'a variable with a version that is none', files: { ...tiny, ...tinyConfig }, argv: ['plan'], env: { LIBVIRT_VERSION: '1;reboot' }, code: 2,
    text: `error: the environment has LIBVIRT_VERSION="1;reboot"; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9`,
  },
  {
    title: 'a variable with an unknown architecture', files: { ...tiny, ...tinyConfig }, argv: ['plan'], env: { SINGLE_ARCH: 'amd64' }, code: 2,
    text: `error: the environment has SINGLE_ARCH="amd64"; it must be one of: x86_64, aarch64, s390x`,
  },
  {
    title: 'an engine that is not there', files: { ...tiny, ...config('kubevirt: false\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n') }, argv: ['run', 'base'], env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' }, node: 'base', code: 3,
    text: `base failed: no container engine answers: DOCKER_HOST: the engine at unix:///nowhere/docker.sock can’t be reached: there is no such socket
  next: Start the engine that DOCKER_HOST names, or unset DOCKER_HOST.
  type: crpm logs base
  log:  .crpm/logs/…/base.log`,
  },
  {
    title: 'a machine that is another base system', files: { ...tiny, ...config('kubevirt: false\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n') }, argv: ['run', 'base', '--engine', 'host'], node: 'base', code: 3,
    text: `base failed: this machine is THIS OS; RPMs for basesystem centos-stream-9 can't be built on it directly
  next: Set engine: docker (crpm doctor says what it needs), or basesystem: host to build for this machine’s own distribution.
  type: crpm logs base
  log:  .crpm/logs/…/base.log`,
  },
  {
    title: 'a task that fails', files: tasks('  smoke: { run: "echo no virsh >&2; exit 3" }\n'), argv: ['run'], node: 'smoke', code: 1,
    text: `smoke failed: the task smoke ended with exit code 3
  | no virsh
  next: Correct what the lines shown name, or tasks.smoke.run in the config.
  type: crpm logs smoke
  log:  .crpm/logs/…/smoke.log`,
  },
  {
    title: 'a task that is killed', files: tasks('  smoke: { run: "kill -9 $$" }\n'), argv: ['run'], node: 'smoke', code: 1,
    text: `smoke failed: the task smoke was ended by SIGKILL
  next: Correct tasks.smoke.run in the config.
  type: crpm logs smoke
  log:  .crpm/logs/…/smoke.log`,
  },
  {
    title: 'a task whose program is nowhere', files: tasks('  smoke: { run: [smoke.sh] }\n'), argv: ['run'], node: 'smoke', code: 1,
    text: `smoke failed: the task smoke could not be started: smoke.sh is not on PATH
  next: Correct tasks.smoke.run in the config.
  type: crpm logs smoke
  log:  .crpm/logs/…/smoke.log`,
  },
  {
    title: 'a task that leaves no output', files: tasks('  smoke: { run: ["true"], outputs: [report.xml] }\n'), argv: ['run'], node: 'smoke', code: 1,
    text: `smoke failed: the task ended well, but report.xml is not there
  next: Correct outputs in the config, or the task.
  type: crpm logs smoke
  log:  .crpm/logs/…/smoke.log`,
  },
  {
    title: 'RPMs that are none', files: { 'rpms/a.rpm': 'no RPM', ...config(host('sources: { a: { rpms: rpms } }\n')) }, argv: ['run', 'createrepo'], node: 'a.rpmbuild', code: 2,
    text: `a.rpmbuild failed: rpms/a.rpm is not a readable RPM: it ends inside the lead
  next: Build or fetch that RPM again; \`rpm -qip FILE\` shows what rpm makes of it.
  type: crpm logs a.rpmbuild
  log:  .crpm/logs/…/a.rpmbuild.log`,
  },
  {
    title: 'a folder without RPMs', files: { 'rpms/README': '', ...config(host('sources: { a: { rpms: rpms } }\n')) }, argv: ['run', 'createrepo'], node: 'a.rpmbuild', code: 2,
    text: `a.rpmbuild failed: no RPM below rpms
  next: Correct sources.a.rpms in the config.`,
  },
  {
    title: 'a spec that rpm can’t parse', files: { ...tiny, 'dist-git/tiny.spec': 'Name: tiny\n%if 1\n', ...tinyConfig }, argv: ['run', 'tiny.buildroot'], node: 'tiny.buildroot', code: 1,
    text: `tiny.buildroot failed: rpm can't parse tiny.spec
  | error: line 2: Unclosed %if
  | error: query of specfile SPECS/tiny.spec failed, can't parse
  next: Correct the spec; rpmspec -P tiny.spec shows the same.
  type: crpm logs tiny.buildroot
  log:  .crpm/logs/…/tiny.buildroot.log`,
  },
  {
    title: 'a dist-git folder with two specs', files: { ...tiny, 'dist-git/other.spec': 'Name: other\n', ...tinyConfig }, argv: ['run'], code: 2,
    text: `custom-rpms.config.yaml:4:22: error: sources.tiny.spec: dist-git has several specs (other.spec, tiny.spec): set file to one of them
 4 |   tiny: { dir: tree, spec: { dir: dist-git } }
   |                      ^^^^`,
  },
  {
    title: 'a git repository that can’t be reached', files: { ...config(host('sources:\n  tiny: { git: "git://127.0.0.1:1/tiny.git", ref: main, spec: { tree: tiny.spec } }\n')) }, argv: ['run', 'tiny.source'], node: 'tiny.source', code: 3,
    text: `tiny.source failed: can't fetch main from git://127.0.0.1:1/tiny.git: unable to connect to 127.0.0.1: 127.0.0.1[0: 127.0.0.1]: errno=Connection refused
  next: Check the network, the proxy and your access to the repository; or set dir to a clone on this machine.
  type: crpm logs tiny.source
  log:  .crpm/logs/…/tiny.source.log`,
  },
  {
    title: 'a tree with a FIFO', files: { ...tiny, ...tinyConfig, 'tree/pipe': 'FIFO' }, argv: ['run', 'tiny.source'], node: 'tiny.source', code: 1,
    text: `tiny.source failed: pipe is a FIFO: it can't be part of a source archive
  next: Remove it, or have git ignore it: tree/pipe`,
  },
];

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => rig.remove());

const lacking = lacksBuildTools();

test.each(CASES.filter(({ node }) => node !== 'tiny.buildroot' || !lacking))('$title', async ({ files, argv, env = {}, node, code, text }) => {
  const { 'tree/pipe': pipe, ...plain } = files;
  rig.write(plain);
  if (pipe !== undefined) execFileSync('mkfifo', [join(rig.work, 'tree/pipe')]);
  const run = await rig.crpm(argv, { env });
  const printed = node === undefined ? run.err || run.out : failureOf(run.out, node);
  const os = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  const told = printed.trimEnd().replaceAll(os, 'THIS OS').replaceAll(rig.work, 'WORK').replaceAll(/^( {2}log: {2}\.crpm\/logs)\/[^/\s]+/gm, '$1/…').replaceAll(rig.root, 'ROOT');
  expect(told).toBe(text);
  expect(run.code).toBe(code);
});

test('they are more than thirty, and none is silent about what comes next', () => {
  expect(CASES.length).toBeGreaterThan(30);
  for (const { node, text } of CASES) if (node !== undefined) expect(text).toMatch(/\n {2}next: \S/);
});
