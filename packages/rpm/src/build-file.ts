import { withoutCalls } from './starlark/edit.js';
import { remember } from './starlark/remember.js';
import { parseCalls, type Call } from './starlark/rules.js';
import { malformed, type Span } from './starlark/tokens.js';

/** One `rpmtree()` rule: the RPMs of an image. Offsets are in characters of the text it was read from. */
export interface RpmTreeRule extends Span {
  readonly name: string;
  /** Names of the `rpm()` rules in WORKSPACE that it lists: of `@<name>//rpm` the middle. Other labels are in {@link others}. */
  readonly rpms: readonly string[];
  /** Labels of another form, as they stand. */
  readonly others: readonly string[];
}

/** One `tar2files()` rule: files that an rpmtree gives to cc_library. */
export interface Tar2FilesRule extends Span {
  readonly name: string;
  /** The rule as it stands. */
  readonly text: string;
}

export interface BuildRules {
  readonly trees: readonly RpmTreeRule[];
  readonly tar2files: readonly Tar2FilesRule[];
}

const RULES: ReadonlySet<string> = new Set(['rpmtree', 'tar2files']);
const callsOf = remember((text, file) => parseCalls(text, RULES, file));
const rulesOf = remember((text, file) => buildRules(text, callsOf(text, file), file));
const outsideOf = remember((text, file) => withoutCalls(text, callsOf(text, file)));

/** The `rpmtree()` and `tar2files()` rules of `rpm/BUILD.bazel`, in its order. Throws a `FailureError` naming file and line for what can't be read. */
export function parseBuild(text: string, file = 'rpm/BUILD.bazel'): BuildRules {
  return rulesOf(text, file);
}

/** Both halves of a BUILD.bazel: those rules, and the text without them, which a resolver must leave as it was. */
export function splitBuild(text: string, file = 'rpm/BUILD.bazel'): BuildRules & { readonly outside: string } {
  return { ...rulesOf(text, file), outside: outsideOf(text, file) };
}

/** The text without its `rpmtree()` and `tar2files()` rules. */
export function outsideBuildRules(text: string, file = 'rpm/BUILD.bazel'): string {
  return outsideOf(text, file);
}

function buildRules(text: string, calls: readonly Call[], file: string): BuildRules {
  const trees: RpmTreeRule[] = [];
  const tar2files: Tar2FilesRule[] = [];
  for (const { rule, start, end, arguments: values } of calls) {
    const name = values.get('name');
    if (name?.kind !== 'string') return malformed(text, start, file, `a ${rule}() rule has no plain name`);
    if (rule === 'tar2files') {
      tar2files.push({ start, end, name: name.text, text: text.slice(start, end) });
      continue;
    }
    const rpms = values.get('rpms');
    if (rpms?.kind !== 'strings') return malformed(text, start, file, `the rpmtree() rule ${name.text} has no plain list of rpms`);
    const names = rpms.items.map((label) => /^@@?([^/]+)\/\/rpm(?::rpm)?$/.exec(label)?.[1]);
    trees.push({
      start,
      end,
      name: name.text,
      rpms: names.filter((item) => item !== undefined),
      others: rpms.items.filter((_, i) => names[i] === undefined),
    });
  }
  return { trees, tar2files };
}
