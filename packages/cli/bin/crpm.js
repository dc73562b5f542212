#!/usr/bin/env node
// The command. npm links it into node_modules/.bin of a clone when it installs, which is before dist/ is built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/crpm.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write('crpm is not built yet\n  next: npm run build makes it; npm start does that, too, and runs the example.\n');
  process.exitCode = 3;
}
