import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
// @ts-expect-error a script without types
import { configReference } from '../../../scripts/config-reference.mjs';
// @ts-expect-error a script without types
import { presetReference } from '../../../scripts/preset-reference.mjs';
import { loadSchema } from '../src/index.js';
import { PRESETS } from '../src/normalize/presets.js';
import { loadGood } from './workspace.js';

type Schema = Readonly<Record<string, unknown>>;
const schema = JSON.parse(readFileSync(new URL('../../../schemas/custom-rpms.schema.json', import.meta.url), 'utf8')) as Schema;

/** Every schema within the schema, by its JSON pointer. */
function* walk(node: unknown, pointer = '#'): Generator<[string, Schema]> {
  if (typeof node !== 'object' || node === null) return;
  yield [pointer, node as Schema];
  for (const [key, value] of Object.entries(node)) {
    if (['examples', 'default', 'enum', 'const', 'required'].includes(key)) continue;
    yield* walk(value, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}
const all = [...walk(schema)];
const properties = all.filter(([pointer]) => /\/properties\/[^/]+$/.test(pointer));

describe('the schema', () => {
  test('describes every property, with examples', () => {
    const bare = properties.filter(([, { description, examples }]) => typeof description !== 'string' || !Array.isArray(examples) || examples.length === 0);
    expect(bare.map(([pointer]) => pointer)).toEqual([]);
    expect(properties.length).toBeGreaterThan(60);
  });

  test('closes every object', () => {
    const open = all.filter(([, node]) => node['type'] === 'object' && node['additionalProperties'] !== false && typeof node['additionalProperties'] !== 'object');
    expect(open.map(([pointer]) => pointer)).toEqual([]);
  });

  test('says in words what each pattern means', () => {
    const silent = all.filter(([, node]) => typeof node['pattern'] === 'string' && typeof node['x-expected'] !== 'string');
    expect(silent.map(([pointer]) => pointer)).toEqual([]);
  });

  test('lets no text into a command unchecked: every string has a pattern or an enum', () => {
    const loose = all.filter(([pointer, node]) => node['type'] === 'string' && !node['$ref'] && !node['pattern'] && !node['enum'] && pointer !== '#/properties/$schema');
    expect(loose.map(([pointer]) => pointer)).toEqual([]);
  });

  test('every documented example and default is valid', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    ajv.addVocabulary(['x-expected', 'x-experimental']);
    ajv.addSchema(schema, 'config');
    const documented = all.filter(([, node]) => Array.isArray(node['examples']));
    for (const [pointer, node] of documented) {
      const validate = ajv.getSchema(pointer === '#' ? 'config' : `config${pointer}`);
      const samples = [...(node['examples'] as unknown[]), ...('default' in node ? [node['default']] : [])];
      for (const sample of samples) expect([pointer, sample, validate?.(sample), validate?.errors]).toEqual([pointer, sample, true, null]);
    }
    expect(documented.length).toBeGreaterThan(70);
  });

  test('the examples of a whole file load', async () => {
    for (const example of schema['examples'] as unknown[]) expect((await loadGood(JSON.stringify(example))).packages.length).toBeGreaterThan(0);
  });

  test('marks the presets that were never seen to work, as the program does', () => {
    const [, preset] = all.find(([pointer]) => pointer.endsWith('/source/properties/preset')) ?? [];
    expect([...(preset?.['enum'] as string[])].sort()).toEqual([...PRESETS.keys(), 'none'].sort());
    const experimental = [...PRESETS].filter(([, { built }]) => built === undefined).map(([name]) => name);
    expect([...(preset?.['x-experimental'] as string[])].sort()).toEqual(experimental.sort());
  });

  test('is what `loadSchema` gives', async () => {
    expect(await loadSchema()).toEqual(schema);
  });
});

test('the generated validator needs no ajv at run time', () => {
  const code = readFileSync(new URL('../src/generated/validate.js', import.meta.url), 'utf8');
  expect(code).not.toMatch(/\bimport\b\s*[({"'*]|\bfrom\s*["']/);
});

test('docs/config.md is what the schema and the presets say', () => {
  const written = readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8');
  expect(written).toBe((configReference as (schema: unknown) => string)(schema) + (presetReference as (presets: object) => string)({ PRESETS }));
});
