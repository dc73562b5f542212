import { join } from 'node:path';

/** The repository server: a program of its own, beside the bundled crpm, which is CommonJS. */
export function serverEntry(): string {
  return join(__dirname, 'server.js');
}
