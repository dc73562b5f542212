// Bundles the CLI: one entry for the command line, split into chunks that load when they are needed.
import { cp, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);
const cli = new URL('packages/cli/', root);
const { version, dependencies } = JSON.parse(await readFile(new URL('package.json', cli), 'utf8'));
await rm(new URL('dist', cli), { recursive: true, force: true });
await build({
  entryPoints: { crpm: fileURLToPath(new URL('src/main.ts', cli)), server: fileURLToPath(new URL('packages/pipeline/src/serve/server-main.ts', root)) },
  outdir: fileURLToPath(new URL('dist', cli)),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // ES modules where a package has both: names of a CommonJS module get lost in a bundled import().
  mainFields: ['module', 'main'],
  external: Object.keys(dependencies),
  define: { __CRPM_VERSION__: JSON.stringify(version) },
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
});
for (const file of ['README.md', 'LICENSE']) await cp(new URL(file, root), new URL(file, cli)).catch(() => {});
