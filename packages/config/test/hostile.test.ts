import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { ConfigFile } from '../src/index.js';
import { Complaints } from '../src/check/complaints.js';
import { checkShape } from '../src/check/shape.js';
import { normalize } from '../src/normalize/config.js';
import { parseDocument } from '../src/yaml/parse.js';
import { decodeSource, toSource } from '../src/yaml/source.js';
import { load } from './workspace.js';

// Thousands of runs: a loaded machine may take its time.
vi.setConfig({ testTimeout: 60_000 });

const PRISTINE = Object.getOwnPropertyNames(Object.prototype).join();
afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(PRISTINE);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

/** All of loading but the file system; must never throw. */
async function check(text: string): Promise<unknown> {
  const document = parseDocument(toSource('f', text));
  if (!document.ok) return document.error;
  const complaints = new Complaints(document.value);
  const file = checkShape(document.value, complaints);
  const config = file && normalize(file, { root: '/root', ci: false, machine: 'x64' }, complaints);
  return config ?? (await complaints.finish());
}

const KEYS = ['sources', 'libvirt', 'dir', 'spec', 'git', 'tasks', 'run', 'build', 'defines', 'serve', 'mode', 'basesystems', 'extends', '__proto__', 'constructor', 'toString', 'polluted', 'arch', 'needs', 'pin', 'rpms', 'release', 'engine', 'kubevirt'];
const words = fc.constantFrom(...KEYS, ':', '- ', '{', '}', '[', ']', ', ', '\n', '\n  ', '\n    ', '&a ', '*a', '"', "'", '|', '>', '!!str ', '? ', '# ', '---\n', '\t', '\r\n', '~', '1e3', '\u0000', '\ufeff', '%YAML 1.2', '<<: *a');

test('no text makes the loader throw or reach a prototype', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 200 })), async (text) => {
      expect(await check(text)).toBeTypeOf('object');
    }),
    { numRuns: 2000 },
  );
});

test('no bytes make the decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => typeof decodeSource('f', Buffer.from(bytes)).ok === 'boolean'), { numRuns: 2000 });
});

test('no tree of values makes the loader throw or reach a prototype', async () => {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.constantFrom(...KEYS, 'x86_64', 'published', 'none', 'host', 'a', '../x'), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string()),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('tree'), { maxKeys: 6 }),
    ),
  }));
  const file = fc.dictionary(fc.constantFrom('sources', 'basesystem', 'basesystems', 'arch', 'kubevirt', 'build', 'release', 'serve', 'rpmDeps', 'engine', 'tasks'), tree);
  await fc.assert(
    fc.asyncProperty(file, async (value) => {
      expect(await check(JSON.stringify(value))).toBeTypeOf('object');
    }),
    { numRuns: 2000 },
  );
});

/** One config with every string field; `null` stands for the text that is put there. Keys are fields, too. */
type Template = (text: string) => ConfigFile | Record<string, unknown>;
const source = (fields: Record<string, unknown>) => ({ sources: { libvirt: { dir: 'x', ...fields } } });
const basesystem = (fields: Record<string, unknown>) => ({ ...source({}), basesystem: 'mine', basesystems: { mine: { extends: 'centos-stream-9', ...fields } } });
const task = (fields: Record<string, unknown>) => ({ ...source({}), tasks: { smoke: { run: ['x'], ...fields } } });
const FIELDS: Readonly<Record<string, Template>> = {
  basesystem: (text) => ({ ...source({}), basesystem: text }),
  arch: (text) => ({ ...source({}), arch: [text] }),
  'kubevirt.dir': (text) => ({ ...source({}), kubevirt: { dir: text } }),
  'sources key': (text) => ({ sources: { [text]: { dir: 'x', spec: 'y' } } }),
  dir: (text) => source({ dir: text }),
  preset: (text) => source({ preset: text }),
  kind: (text) => source({ kind: text }),
  spec: (text) => source({ spec: text }),
  'spec.dir': (text) => source({ spec: { dir: text } }),
  'spec.git': (text) => source({ spec: { git: text } }),
  'spec.git path': (text) => source({ spec: { git: `https://h/${text}` } }),
  'spec.git host': (text) => source({ spec: { git: `ssh://${text}/x` } }),
  'spec.branch': (text) => source({ spec: { git: 'https://h/x', branch: text } }),
  'spec.tree': (text) => source({ spec: { tree: text } }),
  'spec.file': (text) => source({ spec: { dir: 'x', file: text } }),
  patches: (text) => source({ patches: [text] }),
  rpms: (text) => ({ sources: { libvirt: { rpms: [text] } } }),
  needs: (text) => source({ needs: [text] }),
  'pin.variable': (text) => source({ pin: { variable: text, rpms: [] } }),
  'pin.rpms': (text) => source({ pin: { variable: 'X_VERSION', rpms: [text] } }),
  'build.defines': (text) => source({ build: { defines: { abc: text } } }),
  'build.defines key': (text) => source({ build: { defines: { [text]: 'x' } } }),
  'build.with': (text) => source({ build: { with: [text] } }),
  'build.without': (text) => source({ build: { without: [text] } }),
  'build.memory': (text) => source({ build: { memory: text } }),
  'release.suffix': (text) => ({ ...source({}), release: { suffix: text } }),
  'serve.mode': (text) => ({ ...source({}), serve: { mode: text } }),
  'serve.image': (text) => ({ ...source({}), serve: { mode: 'container', image: text } }),
  'serve.baseUrl': (text) => ({ ...source({}), serve: { mode: 'none', baseUrl: `http://h/${text}` } }),
  'rpmDeps.versions': (text) => ({ ...source({}), rpmDeps: { versions: { LIBVIRT_VERSION: `0:1${text}` } } }),
  'rpmDeps.versions key': (text) => ({ ...source({}), rpmDeps: { versions: { [text]: '0:1' } } }),
  'rpmDeps.basesystem': (text) => ({ ...source({}), rpmDeps: { basesystem: text } }),
  'rpmDeps.allowOfficial': (text) => ({ ...source({}), rpmDeps: { allowOfficial: [text] } }),
  'engine.host': (text) => ({ ...source({}), engine: { host: `unix:///${text}` } }),
  'basesystems key': (text) => ({ ...source({}), basesystems: { [text]: { extends: 'host' } } }),
  'basesystem.image': (text) => basesystem({ image: text }),
  'basesystem.dockerfile': (text) => basesystem({ dockerfile: text }),
  'basesystem.context': (text) => basesystem({ dockerfile: 'x', context: text }),
  'basesystem.dist': (text) => basesystem({ dist: text }),
  'basesystem.kubevirtBasesystem': (text) => basesystem({ kubevirtBasesystem: text }),
  'basesystem.specBranch': (text) => basesystem({ specBranch: text }),
  'basesystem.packages': (text) => basesystem({ packages: [text] }),
  'basesystem.repos.name': (text) => basesystem({ repos: [{ name: text, baseUrl: 'http://h/' }] }),
  'basesystem.repos.baseUrl': (text) => basesystem({ repos: [{ name: 'x', baseUrl: `http://${text}` }] }),
  'basesystem.enable': (text) => basesystem({ enable: [text] }),
  'basesystem.disable': (text) => basesystem({ disable: [text] }),
  'basesystem.macros': (text) => basesystem({ macros: { abc: text } }),
  'basesystem.macros key': (text) => basesystem({ macros: { [text]: 'x' } }),
  'basesystem.osRelease': (text) => basesystem({ osRelease: { id: text, version: '9' } }),
  'tasks key': (text) => ({ ...source({}), tasks: { [text]: { run: 'x' } } }),
  'task.run': (text) => task({ run: text }),
  'task.run argument': (text) => task({ run: ['x', text] }),
  'task.run program': (text) => task({ run: [text] }),
  'task.needs': (text) => task({ needs: [text] }),
  'task.inputs': (text) => task({ inputs: [text] }),
  'task.outputs': (text) => task({ outputs: [text] }),
  'task.env': (text) => task({ env: { X: text } }),
  'task.env key': (text) => task({ env: { [text]: 'x' } }),
};

/** Where a text may stand as it is: it becomes one argument, one file name under the root, a variable's value, or the user's own shell text. */
const VERBATIM = new Set(['kubevirt.dir', 'dir', 'spec', 'spec.dir', 'rpms', 'build.defines', 'basesystem.macros', 'basesystem.dockerfile', 'basesystem.context', 'task.run', 'task.run argument', 'task.run program', 'task.inputs', 'task.outputs', 'task.env']);

/** Every string of a value, keys as well. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...strings(inner)]);
}

const POISONS = [';touch x', '$(touch x)', '`touch x`', 'a\nb', 'a\rb', 'a\u0000b', '--flag', '-x', 'a b', "a'b", 'a"b', 'a|b', 'a&b', 'a>b', 'a*b', 'a\\b', '${x}', '../x;y', '\u202e', ''];

test.each(Object.keys(FIELDS))('shell characters in %s are refused, or carried as they are', async (name) => {
  const template = FIELDS[name]!; // the key comes from FIELDS itself
  for (const poison of POISONS) {
    const { config, diagnostics } = await load(JSON.stringify(template(poison)));
    if (!config) {
      expect(diagnostics.length, JSON.stringify(poison)).toBeGreaterThan(0);
      continue;
    }
    const carried = strings(config).some((text) => text === poison || text.endsWith(`/${poison}`) || text === `0:1${poison}` || (poison === '../x;y' && text.endsWith('/x;y')));
    expect(carried, `${name}: ${JSON.stringify(poison)}`).toBe(true);
    expect(VERBATIM.has(name) || poison === '--flag' || poison === '-x' || poison === '' || poison === 'a*b', `${name} takes ${JSON.stringify(poison)}`).toBe(true);
    expect(poison.includes('\u0000'), `${name} takes a NUL`).toBe(false);
  }
});

test('what is read as a name never begins with a dash', async () => {
  for (const [name, template] of Object.entries(FIELDS)) {
    if (VERBATIM.has(name)) continue;
    for (const poison of ['--flag', '-x']) {
      const { config } = await load(JSON.stringify(template(poison)));
      if (config) expect(strings(config).filter((text) => text.startsWith('-')), `${name}: ${poison}`).toEqual([]);
    }
  }
});

test('random dangerous text in random fields', async () => {
  const dangerous = fc.array(fc.constantFrom(...POISONS, 'a', '/', ':', '.', '9'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(FIELDS)), dangerous, async (name, text) => {
      const outcome = await check(JSON.stringify(FIELDS[name]!(text)));
      if (Array.isArray(outcome) || VERBATIM.has(name)) return;
      for (const each of strings(outcome)) expect(each).not.toMatch(/[;`$\n\r\0|&<>"'\\]/);
    }),
    { numRuns: 2000 },
  );
});
