import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { formatDiagnostic } from '@crpm/core';
import { loadConfig } from '../src/index.js';
import { makeFolder } from './workspace.js';

const SMALL = 'sources: { libvirt: { dir: ../libvirt } }\n';
const PACKAGE = JSON.stringify({ name: 'x', 'custom-rpms': { sources: { libvirt: { dir: '../libvirt' } } } }, null, '\t');

/** Where the config of a folder was found, or what is wrong. */
async function findIn(folder: string, below = '.', configPath?: string): Promise<string> {
  const cwd = path.join(folder, below);
  mkdirSync(cwd, { recursive: true });
  const result = await loadConfig({ cwd, env: {}, ...(configPath !== undefined && { configPath }) });
  if (!result.ok) return result.error.map(formatDiagnostic).join('\n').replaceAll(folder, '<folder>');
  expect(result.value.config.root).toBe(path.dirname(result.value.config.file ?? ''));
  return path.relative(folder, result.value.config.file ?? '');
}

test.each([
  ['custom-rpms.config.yaml', SMALL],
  ['custom-rpms.config.yml', SMALL],
  ['custom-rpms.config.json', '{ "sources": { "libvirt": { "dir": "../libvirt" } } }'],
  ['.custom-rpmsrc', SMALL],
  ['package.json', PACKAGE],
])('%s is found, from a folder below it, too', async (name, content) => {
  const folder = makeFolder({ [name]: content });
  expect(await findIn(folder)).toBe(name);
  expect(await findIn(folder, 'a/b/c')).toBe(name);
});

test('the nearest wins, and in one folder the yaml', async () => {
  const folder = makeFolder({ 'custom-rpms.config.yaml': SMALL, '.custom-rpmsrc': SMALL, 'a/package.json': PACKAGE });
  expect(await findIn(folder)).toBe('custom-rpms.config.yaml');
  expect(await findIn(folder, 'a/b')).toBe('a/package.json');
});

test('a config that may not be read is told, not passed by for one further up', async () => {
  if (process.getuid?.() !== 0) return void console.warn('not root: the test of missing permissions was skipped');
  const folder = makeFolder({ 'custom-rpms.config.yaml': SMALL, 'a/custom-rpms.config.yaml': SMALL });
  chmodSync(folder, 0o755);
  chmodSync(path.join(folder, 'a'), 0o755);
  chmodSync(path.join(folder, 'a/custom-rpms.config.yaml'), 0o600);
  process.seteuid?.(65534);
  try {
    expect(await findIn(folder, 'a')).toBe("error: the config file <folder>/a/custom-rpms.config.yaml can't be read: permission denied");
  } finally {
    process.seteuid?.(0);
  }
});

test.each([
  ['empty', ''],
  ['without our property', '{ "name": "x" }'],
  ['no JSON at all', '{ "name": '],
])('a package.json that is %s is passed by', async (_name, content) => {
  const folder = makeFolder({ 'custom-rpms.config.yaml': SMALL, 'a/package.json': content });
  expect(await findIn(folder, 'a')).toBe('custom-rpms.config.yaml');
});

test('a package.json with our property that is no JSON is told', async () => {
  const folder = makeFolder({ 'package.json': '{ "custom-rpms": { "sources": ' });
  expect(await findIn(folder)).toContain('package.json:1:31: error: not valid YAML: ');
});

test('a complaint about package.json points into it', async () => {
  const folder = makeFolder({ 'package.json': '{\n\t"constructor": 1,\n\t"custom-rpms": {\n\t\t"sorces": {}\n\t}\n}\n' });
  expect(await findIn(folder)).toContain('package.json:4:3: error: unknown key "sorces" in the config');
});

test('of package.json only our property is judged', async () => {
  const ours = '"custom-rpms": { "sources": { "libvirt": { "dir": "x" } } }';
  expect(await findIn(makeFolder({ 'package.json': `{ "a": 1, "a": 2, "constructor": { "__proto__": 1 }, ${ours} }` }))).toBe('package.json');
  expect(await findIn(makeFolder({ 'package.json': `{ ${ours},\n${ours} }` }))).toContain('package.json:2:1: error: the key "custom-rpms" is there twice');
});

test('an empty config is told, not passed by', async () => {
  const folder = makeFolder({ 'custom-rpms.config.yaml': SMALL, 'a/custom-rpms.config.yaml': '\n' });
  expect(await findIn(folder, 'a')).toBe(
    'custom-rpms.config.yaml:1:1: error: the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }\n 1 | \n   | ^',
  );
});

test('a folder with the name of a config is passed by', async () => {
  const folder = makeFolder({ 'custom-rpms.config.yaml/x': '', 'custom-rpms.config.yml': SMALL });
  expect(await findIn(folder)).toBe('custom-rpms.config.yml');
});

test('a config path is taken as it is, whatever its name', async () => {
  const folder = makeFolder({ 'custom-rpms.config.yaml': 'x: 1', 'other/mine.conf': SMALL });
  expect(await findIn(folder, '.', 'other/mine.conf')).toBe('other/mine.conf');
});

test.each([
  ['nothing.yaml', 'error: the config file <folder>/nothing.yaml can\'t be read: there is no such file'],
  ['.', 'error: the config file <folder> can\'t be read: it is a folder'],
])('a config path to %s is told', async (configPath, message) => {
  expect(await findIn(makeFolder({}), '.', configPath)).toBe(message);
});

test('a config path to an endless device is told', async () => {
  expect(await findIn(makeFolder({}), '.', '/dev/zero')).toContain('error: the file has more than 1048576 bytes, which no config needs');
});

test('no config says what was looked for, and what writes one', async () => {
  expect(await findIn(makeFolder({}))).toBe(
    'error: there is no config: neither <folder> nor a folder above it has custom-rpms.config.yaml (or custom-rpms.config.yml, custom-rpms.config.json, .custom-rpmsrc, custom-rpms in package.json); ' +
      'crpm init writes one, QEMU_DIR and LIBVIRT_DIR do without',
  );
});

test('no code of the tree is run to find a config', async () => {
  // cosmiconfig itself would load these from the working directory.
  const trap = `require('node:fs').writeFileSync(__dirname + '/ran', '')`;
  const folder = makeFolder({ 'custom-rpms.config.yaml': SMALL, '.config/config.js': trap, '.config/config.cjs': trap, 'custom-rpms.config.js': trap });
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect(await findIn(folder)).toBe('custom-rpms.config.yaml');
  } finally {
    process.chdir(before);
  }
  expect(existsSync(path.join(folder, '.config/ran'))).toBe(false);
  expect(existsSync(path.join(folder, 'ran'))).toBe(false);
});

test('$import, which cosmiconfig would follow, is an unknown key', async () => {
  const folder = makeFolder({ 'custom-rpms.config.yaml': `$import: ./other.yaml\n${SMALL}`, 'other.yaml': SMALL });
  expect(await findIn(folder)).toContain('custom-rpms.config.yaml:1:1: error: unknown key "$import" in the config');
});
