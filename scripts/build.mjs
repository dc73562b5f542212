// Bundles the CLI: the entry, which answers `--version` by itself; the program, in one file, of which only what a command needs is evaluated; the
// repository server. All are CommonJS, which Node starts faster and whose compiled code can be kept. Beside them what pages bring with them.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { notices } from './notices.mjs';

/** Left out: Kubernetes' client is large, and few load it; typescript is what cosmiconfig would load for a config in TypeScript, which crpm does not look for. */
const APART = ['@kubernetes/client-node', 'typescript'];
/**
 * In a file of its own, for those who use it. As a dependency it would bring packages whose install scripts npm warns of: ssh2 and cpu-features compile what they do without as well, protobufjs only looks at versions.
 */
const DOCKERODE = { name: 'dockerode', setup: ({ onResolve }) => { onResolve({ filter: /^dockerode$/ }, () => ({ path: './dockerode.js', external: true })); } };
/** Native code that ssh2 does without where it is not there. */
const NATIVE = ['cpu-features', '*.node'];

const root = new URL('../', import.meta.url);
const cli = new URL('packages/cli/', root);
const dist = new URL('dist/', cli);
const { version } = JSON.parse(await readFile(new URL('package.json', cli), 'utf8'));
await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await writeFile(new URL('package.json', dist), '{ "type": "commonjs" }\n');
const BUNDLE = { outdir: fileURLToPath(dist), bundle: true, charset: 'ascii', logLevel: 'warning', metafile: true };
const PROGRAM = { ...BUNDLE, format: 'cjs', platform: 'node', target: 'node20.19', legalComments: 'eof' };
const program = await build({
  ...PROGRAM,
  entryPoints: {
    crpm: fileURLToPath(new URL('src/main.ts', cli)),
    program: fileURLToPath(new URL('src/program.ts', cli)),
    server: fileURLToPath(new URL('packages/pipeline/src/serve/server-main.ts', root)),
  },
  // ES modules where a package has both: names of a CommonJS module get lost in a bundled import().
  mainFields: ['module', 'main'],
  external: APART,
  plugins: [DOCKERODE],
  // Kept compiled code can't hold an import(); what is not evaluated until it is asked for costs nothing either way.
  supported: { 'dynamic-import': false },
  define: { __CRPM_VERSION__: JSON.stringify(version) },
});
const dockerode = await build({
  ...PROGRAM,
  entryPoints: { dockerode: createRequire(new URL('packages/engines/', root)).resolve('dockerode') },
  external: NATIVE,
});
// What pages bring with them, read only when one is made.
const page = await build({
  ...BUNDLE,
  entryPoints: ['page/page.css', 'browser/page.ts'].map((path) => fileURLToPath(new URL(`packages/report/src/${path}`, root))),
  entryNames: '[name]',
  format: 'iife',
  minify: true,
  target: 'chrome110',
});
await writeFile(new URL('THIRD-PARTY.txt', dist), await notices([program, dockerode, page].map(({ metafile }) => metafile)));
const { manual } = createRequire(import.meta.url)(fileURLToPath(new URL('program.js', dist)));
await writeFile(new URL('crpm.1', dist), await manual(version));
for (const file of ['README.md', 'LICENSE']) await cp(new URL(file, root), new URL(file, cli)).catch(() => {});
