import { formatEvr, parseBuild, parseWorkspaceRpms } from '@crpm/rpm';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/predict/resolve.js';
import { Universe } from '../../src/predict/universe.js';
import { RESOLVERS } from '../../src/predict/versions.js';
import { goldenCases } from '../proof/golden.js';
import { resolverRepo } from './universes.js';

/** What a model of the choice can't know: the repository was down, or its metadata was of a kind that this version does not read. */
const UNREADABLE = /no such file or directory|invalid header/;

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

/** The tree's rules, each with the repository that its first address lies in. */
function recorded({ exit, error, workspace, build }: { readonly exit: number; readonly error?: readonly string[]; readonly workspace: string; readonly build: string }) {
  if (exit !== 0) return error?.[0];
  const rules = new Map(parseWorkspaceRpms(workspace).map((rule) => [rule.name, rule]));
  const [tree] = parseBuild(build).trees;
  return (tree?.rpms ?? [])
    .map((label) => {
      const rule = rules.get(label);
      const name = (rule?.name ?? '').replace(/\.[^.]+$/, '').replaceAll('__plus__', '+').replaceAll('__tilde__', '~').replaceAll('__caret__', '^').replaceAll('__', ':');
      return `${name} of ${/\/official\//.test(rule?.urls[0] ?? '') ? 'official' : 'custom'}`;
    })
    .sort();
}
