import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { goldenCases } from '../proof/golden.js';
import { ARCH, BazelTree, serveFolder } from '../proof/lab.js';
import { recorded } from './recorded.js';
import { writeRepodata } from './repodata.js';
import { resolverRpm } from './universes.js';

const program = ARCH === 'x86_64' ? await bazeldnf() : undefined;
const VERSION = 'v0.99.1';

/** So that what the tests stand on is what the program does: each recorded experiment is made again. */
describe.skipIf(program === undefined)(`bazeldnf ${VERSION} does again what it did when it was recorded`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-golden-'));
  let server: Awaited<ReturnType<typeof serveFolder>>;
  beforeAll(async () => {
    server = await serveFolder(dir);
  });
  afterAll(async () => {
    await server.close();
    rmSync(dir, { recursive: true });
  });

  for (const { case: name, repos, requested, results } of goldenCases) {
    const result = results.find(({ versions }) => versions.some((version) => version.startsWith(VERSION)));
    if (!result) throw new Error(`${name} was not recorded with ${VERSION}`);

    it(name, async () => {
      const down = result.fetchExit !== 0;
      for (const repo of repos) if (!down || repo.name !== 'custom') writeRepodata(join(dir, name, repo.name), repo.packages.map(resolverRpm), repo.name);
      const tree = new BazelTree(program!, join(dir, name, 'tree')); // skipped without it
      const error = await tree.resolve(`t_${ARCH}`, repos.map((repo) => `${server.base}/${name}/${repo.name}`), requested).then(
        () => undefined,
        (thrown: Error) => thrown.message,
      );
      if (down) return expect(error).toContain('bazeldnf fetch');
      if (result.exit !== 0) return expect(error).toContain(recorded(result));
      expect([error, recorded({ exit: 0, ...tree.read() })]).toEqual([undefined, recorded(result)]);
    });
  }
});
