import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary.js';

/** The server program as one file, bundled as the CLI's own is. */
export async function bundleServer(): Promise<string> {
  const outfile = join(temporaryFolder('server'), 'server.mjs');
  await build({ entryPoints: [fileURLToPath(new URL('../../../src/serve/server-main.ts', import.meta.url))], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });
  return outfile;
}
