import { fileURLToPath } from 'node:url';

/** The repository server: a program of its own, beside the bundled crpm. Bundling puts this file's code into `dist/chunks/`. */
export function serverEntry(): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(/\/chunks\/[^/]+$/.test(here) ? '../server.js' : './server.js', here));
}
