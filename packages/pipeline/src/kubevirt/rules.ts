import { parseBuild, parseWorkspaceRpms } from '@crpm/rpm';
import type { YieldedPath } from './yielded-files.js';

/** A rule that rpm-deps makes, as text in its file. */
export interface Rule {
  /** Unique in its file: `rpm qemu-img-17__10.1.0-20.el9.x86_64`, `rpmtree launcherbase_x86_64_cs9`. */
  readonly key: string;
  readonly text: string;
  /** Character offsets in the file. */
  readonly start: number;
  readonly end: number;
}

/** The `rpm`, `rpmtree` and `tar2files` rules of a file, in its order. */
export function rulesOf(path: YieldedPath, text: string): readonly Rule[] {
  const rule = (kind: string, { name, start, end }: { name: string; start: number; end: number }): Rule => ({ key: `${kind} ${name}`, text: text.slice(start, end), start, end });
  switch (path) {
    case 'WORKSPACE':
      return parseWorkspaceRpms(text).map((found) => rule('rpm', found));
    case 'rpm/BUILD.bazel': {
      const { trees, tar2files } = parseBuild(text);
      return [...trees.map((found) => rule('rpmtree', found)), ...tar2files.map((found) => rule('tar2files', found))].sort((a, b) => a.start - b.start);
    }
  }
}

/** Rules of one file by their keys, in its order. */
export type Rules = ReadonlyMap<string, Rule>;

export function rulesByKey(path: YieldedPath, text: string): Rules {
  return new Map(rulesOf(path, text).map((rule) => [rule.key, rule]));
}

/** Whether two rules say the same, however they are laid out. */
export function sameRule(a: Rule | undefined, b: Rule | undefined): boolean {
  return a?.text === b?.text || collapse(a?.text) === collapse(b?.text);
}

function collapse(text: string | undefined): string | undefined {
  return text?.replace(/\s+/g, ' ');
}
