import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outsideBuildRules, outsideRpmRules, parseBuild, parseWorkspaceRpms, rewriteRpmRules, splitBuild, splitWorkspace, type RpmRule } from '@crpm/rpm';
import { bazelTree, ruleName } from '../../../test/support/bazel-tree.js';

const RULES = 2000;
const { workspace, build } = bazelTree(RULES);
const rules = parseWorkspaceRpms(workspace);
const asItWas = (rule: RpmRule) => ({ rule, name: rule.name, sha256: rule.sha256, urls: rule.urls });

describe(`a KubeVirt tree with ${RULES.toLocaleString('en')} rpm() rules`, () => {
  it('is read whole', () => {
    expect(rules.map(({ name }) => name)).toEqual(Array.from({ length: RULES }, (_, i) => ruleName(i)));
    const { trees } = parseBuild(build);
    expect(trees).toHaveLength(66);
    expect(new Set(trees.flatMap(({ rpms }) => rpms))).toEqual(new Set(rules.map(({ name }) => name)));
  });

  it('comes back byte for byte where each rule is written as it was', () => {
    expect(rewriteRpmRules(workspace, rules.map(asItWas))).toBe(workspace);
  });

  it('is cut at its rules and put together again byte for byte', () => {
    for (const [text, spans] of [[workspace, rules], [build, parseBuild(build).trees]] as const) {
      let at = 0;
      const parts: string[] = [];
      for (const { start, end } of spans) {
        parts.push(text.slice(at, start), text.slice(start, end));
        at = end;
      }
      expect([...parts, text.slice(at)].join('')).toBe(text);
      expect(spans.every(({ start, end }) => /^(rpm|rpmtree)\(\n[^]*\n\)$/.test(text.slice(start, end)))).toBe(true);
    }
  });

  it('has new digests and addresses after a swap, and then no other byte is another', () => {
    const digest = (i: number) => `${i % 2 ? 'b' : 'a'}${i.toString(16).padStart(63, '0')}`;
    const url = (i: number) => `http://127.0.0.1:20830/by-sha256/${digest(i)}/pkg${i}.rpm`;
    const swapped = rewriteRpmRules(workspace, rules.map((rule, i) => ({ rule, sha256: digest(i), urls: [url(i), `https://storage.googleapis.com/builddeps/${digest(i)}`] })));
    expect(swapped).toBe(bazelTree(RULES, { digest, url }).workspace);
    expect(outsideRpmRules(swapped)).toBe(outsideRpmRules(workspace));
    expect(rewriteRpmRules(swapped, parseWorkspaceRpms(swapped).map((rule, i) => ({ ...asItWas(rules[i] ?? rule), rule })))).toBe(workspace);
  });

  it('whichever rules are swapped, the others stay as they are, to the byte', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(RULES - 1), { maxLength: 20 }).map((list) => new Set(list)), fc.stringMatching(/^[0-9a-f]{64}$/), fc.array(fc.webUrl(), { minLength: 1, maxLength: 3 }), (chosen, sha256, urls) => {
        const changed = rewriteRpmRules(workspace, [...chosen].map((i) => ({ rule: rules[i]!, sha256, urls }))); // i < RULES
        const read = parseWorkspaceRpms(changed);
        expect(read.map(({ name }) => name)).toEqual(rules.map(({ name }) => name));
        for (const i of chosen) expect(read[i]).toMatchObject({ sha256, urls });
        expect(read.filter(({ name, start, end }, i) => !chosen.has(i) && changed.slice(start, end) !== textOf(name))).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});

const texts = new Map(rules.map(({ name, start, end }) => [name, workspace.slice(start, end)]));
const textOf = (name: string) => texts.get(name);

describe('a text that was read before', () => {
  it('gives the same again, however many others were read in between', () => {
    const small = bazelTree(3);
    const first = [splitWorkspace(small.workspace), splitBuild(small.build)];
    for (let i = 4; i < 30; i++) parseWorkspaceRpms(bazelTree(i).workspace);
    expect([splitWorkspace(small.workspace), splitBuild(small.build)]).toEqual(first);
    expect(outsideBuildRules(small.build)).toBe(first[1]?.outside);
  });

  it('is told by its own file where it is broken', () => {
    for (const file of ['a/WORKSPACE', 'b/WORKSPACE']) expect(() => parseWorkspaceRpms('rpm(\n', file)).toThrowError(`${file}:1: ( is never closed`);
  });
});
