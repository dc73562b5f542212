import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';

const REPOSITORY = join(import.meta.dirname, '..', '..');
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest = (name: string) => JSON.parse(readFileSync(join(REPOSITORY, 'packages', name, 'package.json'), 'utf8')) as Manifest;

let prefix: string;
beforeAll(async () => {
  prefix = mkdtempSync(join(tmpdir(), 'crpm-prefix-'));
  await execa('npm', ['pack', '--silent', '--workspace', 'packages/cli', '--pack-destination', prefix], { cwd: REPOSITORY });
  const tarball = readdirSync(prefix).find((name) => name.endsWith('.tgz')) ?? '';
  await execa('npm', ['install', '--silent', '--prefer-offline', '--global', '--prefix', prefix, join(prefix, tarball)], { cwd: prefix });
});
afterAll(() => {
  rmSync(prefix, { recursive: true, force: true });
});

test('the packed command line, installed elsewhere, is a working crpm', async () => {
  const rig = new CliRig();
  try {
    rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: [echo, hello] }\n' });
    const crpm = (...argv: string[]) => execa(join(prefix, 'bin', 'crpm'), argv, { cwd: rig.work, env: rig.env, extendEnv: false });
    expect((await crpm('--version')).stdout).toBe(manifest('cli').version);
    expect((await crpm('schema')).stdout).toContain('"https://json-schema.org/draft/2020-12/schema"');
    const { stdout } = await crpm('run', '--verbose');
    expect(stdout).toContain('greet | hello\n');
    expect(stdout).toContain('1 node: 1 ran; ');
    // Pages are made from what lies beside the program.
    expect((await crpm('graph', '--format', 'html')).stdout).toContain('<svg class="picture"');
    expect(readFileSync(join(rig.work, (await crpm('report')).stdout), 'utf8')).toContain('data-about="greet"');
    // The server is a program of its own, found beside the installed one.
    expect((await crpm('serve')).stdout).toMatch(/^serving at http:\/\/127\.0\.0\.1:\d+\/ \(pid \d+\)$/);
    expect((await crpm('serve', '--stop')).stdout).toBe('stopped');
  } finally {
    rig.remove();
  }
});

test('nothing that it brings has a script for npm to run when it is installed', () => {
  const modules = join(prefix, 'lib', 'node_modules');
  const manifests = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((path) => /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(`node_modules/${path}`));
  expect(manifests.length).toBeGreaterThan(1);
  const scripts = (path: string) => Object.keys((JSON.parse(readFileSync(join(modules, path), 'utf8')) as { readonly scripts?: object }).scripts ?? {});
  expect(manifests.filter((path) => scripts(path).some((name) => /^(?:pre|post)?install$/.test(name)))).toEqual([]);
});

test('the terms of the packages whose code it holds lie beside it', () => {
  const notices = readFileSync(join(prefix, 'lib/node_modules', manifest('cli').name, 'dist/THIRD-PARTY.txt'), 'utf8').split(`\n\n${'-'.repeat(80)}\n\n`);
  const termsOf = (name: string) => notices.filter((notice) => notice.startsWith(`${name} `)).join('\n');
  expect(termsOf('commander')).toMatch(/^commander [\d.]+ \(MIT\)\n[^]*Permission is hereby granted/);
  expect(termsOf('ssh2')).toMatch(/^ssh2 [\d.]+ \(MIT\)\n[^]*Permission is hereby granted/);
});

test('in a clone that was not built yet the command says what builds it', async () => {
  const clone = join(prefix, 'clone');
  cpSync(join(REPOSITORY, 'packages/cli/bin'), join(clone, 'bin'), { recursive: true });
  cpSync(join(REPOSITORY, 'packages/cli/package.json'), join(clone, 'package.json'));
  const { exitCode, stderr } = await execa(join(clone, 'bin/crpm.js'), ['run'], { reject: false });
  expect([exitCode, stderr]).toEqual([3, 'crpm is not built yet\n  next: npm run build makes it; npm start does that, too, and runs the example.']);
});

test('it brings what it needs: its dependencies are what the bundle imports, as its packages ask for it', () => {
  const { dependencies } = manifest('cli');
  const dist = join(REPOSITORY, 'packages/cli/dist');
  const imported = new Set<string>();
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))) {
    for (const [, name = ''] of readFileSync(join(dist, file), 'utf8').matchAll(/(?<!['"])\b(?:import|require)\("(@?[a-z][\w./-]*)"\)/g)) {
      // typescript: only for a config in TypeScript, which crpm does not look for. cpu-features: ssh2 does without it.
      if (!isBuiltin(name) && !['typescript', 'cpu-features'].includes(name)) imported.add(name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  expect([...imported].sort()).toEqual(Object.keys(dependencies).sort());
  for (const name of readdirSync(join(REPOSITORY, 'packages'))) {
    for (const [dependency, range] of Object.entries(manifest(name).dependencies)) {
      if (dependencies[dependency] !== undefined) expect([name, dependency, range]).toEqual([name, dependency, dependencies[dependency]]);
    }
  }
});
