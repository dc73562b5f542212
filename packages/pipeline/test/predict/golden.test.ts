import { formatEvr } from '@crpm/rpm';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/predict/resolve.js';
import { Universe } from '../../src/predict/universe.js';
import { RESOLVERS } from '../../src/predict/versions.js';
import { goldenCases } from '../proof/golden.js';
import { recorded, UNREADABLE } from './recorded.js';
import { resolverRepo } from './universes.js';

describe('the model of the resolver agrees with what bazeldnf did', () => {
  for (const golden of goldenCases) {
    for (const result of golden.results) {
      if (result.fetchExit !== 0 || UNREADABLE.test((result.error ?? []).join('\n'))) continue;
      for (const name of result.versions) {
        it(`${golden.case}, ${name}`, () => {
          const version = RESOLVERS.find((known) => known.name === name);
          if (!version) throw new Error(`${name} is not modelled`);
          const universe = new Universe(golden.repos.map((repo) => resolverRepo(repo.name, repo.packages)), 'x86_64');
          const resolution = resolve(universe, { names: golden.requested, basesystem: 'centos-stream-release' }, version);
          expect(told(resolution)).toEqual(recorded(result));
        });
      }
    }
  }
});

function told(resolution: ReturnType<typeof resolve>) {
  switch (resolution.outcome) {
    case 'chosen':
      return resolution.rpms.map(({ rpm, repo }) => `${rpm.name}-${formatEvr(rpm)} of ${repo}`).sort();
    case 'no-such-package':
      return `Error: Package ${resolution.request} does not exist`;
    case 'no-solution':
      return 'Error: no solution found';
    case 'unknown':
      return 'unknown';
  }
}
