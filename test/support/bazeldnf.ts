import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const MODULE = join(import.meta.dirname, '../../tools/bazeldnf');
const COMMAND = 'github.com/rmohr/bazeldnf/cmd';

/**
 * Absolute path of a real `bazeldnf`, the version that `tools/bazeldnf/go.mod` names, built once and kept under `$CRPM_TEST_CACHE` (default `~/.cache/crpm-test`)
 * by the hash of its `go.sum`. Without a Go that can build it (1.24 or later, and a module proxy) it says so and gives nothing: the caller skips.
 */
export async function bazeldnf(log: (line: string) => void = (line) => console.warn(line)): Promise<string | undefined> {
  const cache = process.env['CRPM_TEST_CACHE'] ?? join(homedir(), '.cache', 'crpm-test');
  const hash = createHash('sha256').update(readFileSync(join(MODULE, 'go.mod'))).update(readFileSync(join(MODULE, 'go.sum'))).digest('hex').slice(0, 16);
  const binary = join(cache, `bazeldnf-${hash}`);
  if (existsSync(binary)) return binary;

  const go = await execa('go', ['env', 'GOVERSION'], { reject: false });
  if (go.exitCode !== 0) {
    log('SKIPPED: no Go on PATH, so no real bazeldnf: install golang 1.24 or later to run the tests of verify against it');
    return undefined;
  }
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'bazeldnf-'));
  try {
    log(`building bazeldnf with ${go.stdout}; about half a minute, then it is kept in ${cache}`);
    // Built aside and renamed, so that a killed build leaves no half binary behind.
    const built = await execa('go', ['build', '-trimpath', '-o', join(work, 'bazeldnf'), COMMAND], { cwd: MODULE, reject: false });
    if (built.exitCode !== 0) {
      log(`SKIPPED: bazeldnf can't be built with ${go.stdout}: ${built.stderr.split('\n').slice(-3).join(' ')}`);
      return undefined;
    }
    renameSync(join(work, 'bazeldnf'), binary);
    return binary;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
