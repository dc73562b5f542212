// The npm packages of this repository: whether they are there as the lockfile says, and putting them there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exists, must, root, say } from './shell.mjs';

/** How often it is told that the installation goes on, milliseconds: npm itself says nothing until its end. */
const TELL_EVERY = 15_000;

/** Runs `npm ci` if a package of the lockfile is missing or of another version. */
export async function installDependencies() {
  const reason = whyNot();
  if (reason === undefined) return;
  say(`installing npm packages, a minute the first time: ${reason}`);
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const began = performance.now();
  const telling = setInterval(() => process.stdout.write(`  still installing, ${Math.round((performance.now() - began) / 1000)} s\n`), TELL_EVERY);
  // What npm warns of, a newer npm among that, is for those who work on this repository.
  await must([...npm, 'ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error', '--no-update-notifier', '--no-progress']);
  clearInterval(telling);
}

/** Why what is installed is not what the lockfile says; nothing if it is. */
function whyNot() {
  const wanted = read('package-lock.json');
  const installed = read('node_modules/.package-lock.json');
  if (installed === undefined) return 'there are none yet';
  for (const [path, { version, link, optional }] of Object.entries(wanted ?? {})) {
    // Workspaces are links; optional packages are those of other platforms.
    if (!path.includes('node_modules/') || link || optional) continue;
    if (installed[path]?.version !== version) return `${path.slice(path.lastIndexOf('node_modules/') + 13)} is not ${version}`;
  }
  // Without the link npx would look for a crpm elsewhere, and ask to install a stranger's.
  return exists(join(root, 'node_modules/.bin/crpm')) ? undefined : 'the command crpm is not linked yet';
}

function read(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
