import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './rig.js';

/** Runs the chain in `folder`; answers at most `answers` of its nodes, then kills it. Resolves with the lines it printed. */
async function chain(script: string, folder: string, answers: number | 'all'): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script, folder, ...(answers === 'all' ? [] : ['wait'])], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (answers === 'all') continue;
    if (lines.length <= answers) child.stdin.write('\n');
    else child.kill('SIGKILL');
  }
  return lines;
}

test('after kill -9 in any node, the next run does what was in flight and what follows, and leaves nothing lying about', { timeout: 120_000 }, async () => {
  const scripts = temporaryFolder();
  const script = join(scripts, 'chain.mjs');
  buildSync({ entryPoints: [join(import.meta.dirname, 'fixtures', 'chain.ts')], bundle: true, platform: 'node', format: 'esm', outfile: script, logLevel: 'error' });
  const ids = ['n0', 'n1', 'n2', 'n3'];
  for (const killed of ids.keys()) {
    const folder = temporaryFolder();
    expect(await chain(script, folder, killed)).toEqual(ids.slice(0, killed + 1));
    expect(await chain(script, folder, 'all')).toEqual([
      ...ids.slice(killed),
      `end 0 ${ids.map((_id, index) => (index < killed ? 'fresh' : 'ran')).join(' ')}`,
    ]);
    const state = join(folder, '.local/state/crpm', readdirSync(join(folder, '.local/state/crpm'))[0] ?? '');
    expect(readdirSync(join(state, 'tmp'))).toEqual([]);
    for (const id of ids) {
      const results = readdirSync(join(state, 'results', id));
      expect(results).toHaveLength(1);
      expect(readFileSync(join(state, 'results', id, results[0] ?? '', 'half'), 'utf8')).toBe('both');
    }
    expect(statSync(state).mode & 0o777).toBe(0o700);
  }
});
