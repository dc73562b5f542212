#!/usr/bin/env node
// The command. npm links it into node_modules/.bin of a clone when it installs, which is before dist/ is built.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const built = join(__dirname, '../dist/crpm.js');
if (existsSync(built)) {
  require(built);
} else {
  process.stderr.write('crpm is not built yet\n  next: npm run build makes it; npm start does that, too, and runs the example.\n');
  process.exitCode = 3;
}
