// Makes what is derived from schemas/: the TypeScript type of a config file and the precompiled validator
// (packages/config/src/generated/, which git ignores), and docs/config.md. Runs after `npm ci` and before each build.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build, transform } from 'esbuild';
import { compile } from 'json-schema-to-typescript';
import { configReference } from './config-reference.mjs';
import { presetReference } from './preset-reference.mjs';

const root = new URL('../', import.meta.url);
const schema = JSON.parse(await readFile(new URL('schemas/custom-rpms.schema.json', root), 'utf8'));
const out = new URL('packages/config/src/generated/', root);
await mkdir(out, { recursive: true });

const types = await compile(structuredClone(schema), 'ConfigFile', {
  additionalProperties: false,
  bannerComment: '// Generated from schemas/custom-rpms.schema.json. Do not edit.',
  unknownAny: true,
});
await writeFile(new URL('config-file.ts', out), types);
await writeFile(new URL('schema.ts', out), `// Generated. Do not edit.\nexport const schema: object = ${JSON.stringify(schema)};\n`);
await writeFile(new URL('docs/config.md', root), `${configReference(schema)}${presetReference(await load('packages/config/src/normalize/presets.ts'))}`);

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true, ownProperties: true, code: { source: true, esm: true, lines: true } });
// `x-expected`: what a pattern means, in words; the diagnostics quote it. `x-experimental`: values of an enum that are not to be relied on.
ajv.addVocabulary(['x-expected', 'x-experimental']);
ajv.compile(schema); // strict mode judges the whole schema; what only people and editors read then stays out of the validator
const code = standaloneCode(ajv, ajv.compile(withoutNotes(schema)));
// Ajv's own run-time helpers are CommonJS; bundled in, so that validating loads one small file and not ajv.
await build({
  stdin: { contents: code, resolveDir: fileURLToPath(root), loader: 'js' },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  outfile: fileURLToPath(new URL('validate.js', out)),
  banner: { js: '// Generated from schemas/custom-rpms.schema.json. Do not edit.' },
  logLevel: 'warning',
});
await writeFile(
  new URL('validate.d.ts', out),
  `import type { ErrorObject } from 'ajv';\ndeclare const validate: ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };\nexport default validate;\n`,
);

/** What a TypeScript file exports that imports types alone. */
async function load(path) {
  const { code } = await transform(await readFile(new URL(path, root), 'utf8'), { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** The schema without its annotations. Only schema positions are visited: a property may be named `description`. */
function withoutNotes(node) {
  if (Array.isArray(node)) return node.map(withoutNotes);
  if (typeof node !== 'object' || node === null) return node;
  const kept = {};
  for (const [key, value] of Object.entries(node)) {
    if (['description', 'examples', 'default', 'title', 'x-experimental'].includes(key)) continue;
    kept[key] = ['properties', '$defs'].includes(key)
      ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutNotes(inner)]))
      : ['enum', 'const', 'required'].includes(key)
        ? value
        : withoutNotes(value);
  }
  return kept;
}
