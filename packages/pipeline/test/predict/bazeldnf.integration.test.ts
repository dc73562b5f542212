import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { parseBuild } from '@crpm/rpm';
import { ARCH, BazelTree, serveFolder } from '../proof/lab.js';
import { resolve } from '../../src/predict/resolve.js';
import { keyOf, Universe, type ResolverRepo } from '../../src/predict/universe.js';
import { RESOLVERS } from '../../src/predict/versions.js';
import { resolverRpm, type WrittenRpm } from './universes.js';
import { writeRepodata } from './repodata.js';

const program = await bazeldnf();
const REAL = RESOLVERS.find((version) => version.name.startsWith('v0.99.1'));

const NAMES = ['libvirt', 'libvirt-libs', 'libvirt-client', 'qemu-img', 'qemu-kvm', 'glibc'] as const;
const EVRS = ['0:1.0-1.el9', '0:1.0-1.el9.crpm0001', '0:1.0-2.el9', '0:1.10-1.el9', '1:0.9-1.el9'] as const;
const name = fc.constantFrom(...NAMES);
const evr = fc.constantFrom(...EVRS);
const requirement = fc.oneof(name, fc.tuple(name, fc.constantFrom('=', '>=', '<=', '<', '>'), evr).map((parts) => parts.join(' ')));
const rpm = fc.record({ name, evr, requires: fc.array(requirement, { maxLength: 2 }) });
const repo = fc.uniqueArray(rpm, { maxLength: 8, selector: (one) => `${one.name} ${one.evr}` });
const requests = fc.uniqueArray(fc.oneof(name, fc.tuple(name, evr).map((parts) => parts.join('-'))), { minLength: 1, maxLength: 3, selector: (text) => text });

const SYSTEM: WrittenRpm = { name: 'centos-stream-release', evr: '0:9-1.el9', arch: 'noarch' };

describe.skipIf(program === undefined)('the model of the resolver, beside real bazeldnf', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-predict-'));
  afterAll(() => { rmSync(dir, { recursive: true }); });

  it('agrees on random repositories and requests, wherever the result is no chance', async () => {
    const server = await serveFolder(dir);
    let universes = 0;
    try {
      await fc.assert(
        fc.asyncProperty(repo, repo, requests, async (custom, official, names) => {
          const at = `universe${universes++}`;
          const repos: ResolverRepo[] = [
            { name: 'custom', rpms: custom.map((one) => resolverRpm({ ...one, arch: ARCH })) },
            { name: 'official', rpms: [...official.map((one) => ({ ...one, arch: ARCH })), SYSTEM].map(resolverRpm) },
          ];
          for (const one of repos) writeRepodata(join(dir, at, one.name), one.rpms);
          const model = resolve(new Universe(repos, ARCH), { names, basesystem: SYSTEM.name }, REAL!); // it is in the table
          const tree = new BazelTree(program!, join(dir, at, 'tree')); // skipped without it
          const error = await tree.resolve(`t_${ARCH}`, repos.map((one) => `${server.base}/${at}/${one.name}`), names).then(
            () => undefined,
            (thrown: Error) => thrown.message,
          );
          switch (model.outcome) {
            case 'no-such-package':
              expect(error).toContain(`Package ${model.request} does not exist`);
              break;
            case 'no-solution':
              expect(error).toContain('no solution found');
              break;
            case 'chosen': {
              expect(error).toBeUndefined();
              const taken = new Set(chosenIn(tree.read().build));
              for (const { rpm: one, certain } of model.rpms) if (certain) expect(taken).toContain(keyOf(one));
              if (model.rpms.every(({ certain }) => certain)) expect(taken.size).toBe(model.rpms.length);
              break;
            }
            case 'unknown':
              throw new Error('so small a universe has an answer');
          }
        }),
        { numRuns: 150 },
      );
    } finally {
      await server.close();
    }
  }, 300_000);
});

/** `libvirt-libs-0:1.0-1.el9` of each rule that the tree names. */
function chosenIn(build: string): readonly string[] {
  return (parseBuild(build).trees[0]?.rpms ?? []).map((rule) => rule.replace(/\.[^.]+$/, '').replaceAll('__', ':'));
}
