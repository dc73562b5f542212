import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { expect } from 'vitest';
import { CRPM, type CliRig, type Ended } from './cli-rig.js';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/** Why builds on this machine itself can't be tried, said once; nothing where they can. */
export function lacksBuildTools(): boolean {
  const missing = ['rpmbuild', 'createrepo_c', 'meson', 'ninja', 'gcc', 'make', 'git'].filter((program) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))));
  if (missing.length > 0) console.warn(`SKIPPED: bad input to builds; not on PATH: ${missing.join(', ')}`);
  return missing.length > 0;
}

/** Outcomes in the summary, by node. */
export function outcomes(out: string): Readonly<Record<string, string>> {
  const rows = [...out.matchAll(/^(\S+) {2,}(ran|fresh|restored|as it is|skipped|failed|not run|cancelled) +(?:-|[\dhms.]+)(?:  .*)?$/gm)];
  return Object.fromEntries(rows.map(([, node, outcome]) => [node, outcome]));
}

/** The block about one failure in a summary: its message, lines, next step, log. */
export function failureOf(out: string, node: string): string {
  return new RegExp(`^${node.replaceAll('.', '\\.')} failed: [^]*?(?=\n\n)`, 'm').exec(out)?.[0] ?? `(no failure of ${node})\n${out}`;
}

/** Folder of the rig's one workspace, and its id. */
export function stateOf(rig: CliRig): { readonly dir: string; readonly id: string } {
  const parent = join(rig.root, 'state/crpm');
  const [id, ...others] = readdirSync(parent).filter((name) => existsSync(join(parent, name, 'lock')) || readdirSync(join(parent, name)).some((file) => file.startsWith('lock.')));
  if (id === undefined || others.length > 0) throw new Error(`not one workspace in ${parent}: ${readdirSync(parent).join(', ')}`);
  return { dir: join(parent, id), id };
}

/** Work folders, half-written results, staging: what must be gone whenever no command runs. Build trees stay on purpose. */
export function leftIn(rig: CliRig): readonly string[] {
  const { dir } = stateOf(rig);
  const below = (name: string) => (existsSync(join(dir, name)) ? readdirSync(join(dir, name)).map((file) => `${name}/${file}`) : []);
  const keeps = (path: string) => existsSync(join(dir, path, 'crpm-labels.json')) && readFileSync(join(dir, path, 'crpm-labels.json'), 'utf8').includes('dev.crpm.keeps');
  return [...below('tmp'), ...below('work').filter((path) => !keeps(path)), ...readdirSync(dir).filter((name) => name.includes('.crpm-'))];
}

/** Name and digest of each RPM in the published repository of the rig's one workspace. */
export function publishedRpms(rig: CliRig): readonly string[] {
  const repo = join(stateOf(rig).dir, 'repo', 'current');
  return readdirSync(repo, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.rpm'))
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(join(repo, path))).digest('hex')}`);
}

/** Containers and volumes of the rig's workspace in an engine, but for those that are kept on purpose. */
export async function leftInEngine(rig: CliRig, dockerHost: string): Promise<readonly string[]> {
  const filter = ['--filter', `label=dev.crpm.workspace=${stateOf(rig).id}`];
  const ask = async (...argv: string[]) => (await execa('docker', ['--host', dockerHost, ...argv, ...filter])).stdout.split('\n').filter((line) => line !== '');
  return [...(await ask('ps', '--all', '--format', 'container {{.ID}}')), ...(await ask('volume', 'ls', '--format', 'volume {{.Name}} {{.Label "dev.crpm.keeps"}}')).filter((line) => line.endsWith(' '))];
}

/** Resolves once a running crpm has printed something; rejects if it ends before. The stream stays open, for its reader. */
export function printed(stdout: Readable, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const ended = () => reject(new Error(`it ended without ${pattern}:\n${seen}`));
    const look = (chunk: Buffer) => {
      seen += chunk.toString();
      if (!pattern.test(seen)) return;
      stdout.off('data', look).off('end', ended);
      resolve();
    };
    stdout.on('data', look).once('end', ended);
  });
}

export interface TinySpec {
  readonly name?: string;
  readonly head?: string;
  readonly prep?: string;
  readonly build?: string;
  readonly files?: string;
}

/** A spec of a few lines: one file in one RPM. */
export function tinySpec({ name = 'tiny', head = '', prep = '%setup -q', build = 'true', files = '%files\n/usr/share/tiny\n' }: TinySpec = {}): string {
  return `Name: ${name}
Version: 1.0
Release: 1%{?dist}
Summary: A small package
License: Apache-2.0
Source0: ${name}-%{version}.tar.gz
${head}
%description
Made by a test.
%prep
${prep}
%build
${build}
%install
install -D -m 644 text %{buildroot}/usr/share/tiny/text
${files}`;
}

/** Files of a config that builds such a package: on this machine, or in an image. */
export function tinyProject(spec: string, image?: string): Readonly<Record<string, string>> {
  const basesystem = image === undefined ? 'basesystem: host\n' : `basesystem: mine\nbasesystems: { mine: { image: "${image}", dist: .el9, stream: 9 } }\n`;
  return {
    'custom-rpms.config.yaml': `${basesystem}kubevirt: false\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git } }\n`,
    'tree/text': 'a text\n',
    'dist-git/tiny.spec': spec,
  };
}

/** Puts the quickstart's files into a rig, and gives the path of one of them. */
export function copyQuickstart(rig: CliRig): (path: string) => string {
  for (const name of ['examples', 'custom-rpms.config.yaml']) cpSync(join(REPOSITORY, name), join(rig.work, name), { recursive: true, filter: (path) => !path.endsWith('/.crpm') });
  return (path) => join(rig.work, 'examples/quickstart', path);
}

/** Replaces text in a file of the rig; fails if it is not there. */
export function replaceIn(rig: CliRig, path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(join(rig.work, path), 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  rig.write({ [path]: changed });
}

const NOBODY = 65534;

/** `crpm` by a user whom file modes bind: oneself, or `nobody` where the tests run as root. Nothing if `nobody` can't even start it. */
export async function asNobody(rig: CliRig, argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended | undefined> {
  if (process.getuid?.() !== 0) return rig.crpm(argv, { env });
  chmodSync(rig.root, 0o755);
  const run = (args: readonly string[]) =>
    execa(process.execPath, [CRPM, ...args], { cwd: rig.work, env: { ...rig.env, ...env }, extendEnv: false, reject: false, stdin: 'ignore', uid: NOBODY, gid: NOBODY });
  if ((await run(['--version'])).exitCode !== 0) {
    console.warn(`SKIPPED: what a user without permission is told: nobody can't run ${CRPM}`);
    return undefined;
  }
  await execa('install', ['-d', '-o', String(NOBODY), ...['home', 'state', 'cache'].map((name) => join(rig.root, name))]);
  const { exitCode, stdout, stderr } = await run(argv);
  return { code: exitCode, out: stdout, err: stderr };
}
