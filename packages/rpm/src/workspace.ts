import { applyEdits, quote, quoteList, withoutCalls, type Edit } from './starlark/edit.js';
import { remember } from './starlark/remember.js';
import { parseCalls, type Call } from './starlark/rules.js';
import { malformed, type Span } from './starlark/tokens.js';

/** One `rpm()` rule of a WORKSPACE. Offsets are in characters of the text it was read from. */
export interface RpmRule extends Span {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** In the order in which Bazel tries them. */
  readonly urls: readonly string[];
  /** Where the values stand; needed to change them. */
  readonly spans: { readonly name: Span; readonly sha256: Span; readonly urls: Span };
}

const RULES: ReadonlySet<string> = new Set(['rpm']);
const callsOf = remember((text, file) => parseCalls(text, RULES, file));
const rulesOf = remember((text, file): readonly RpmRule[] => callsOf(text, file).map((call) => rpmRule(text, call, file)));
const outsideOf = remember((text, file) => withoutCalls(text, callsOf(text, file)));

/**
 * The `rpm()` rules of a WORKSPACE, in its order. Throws a `FailureError` naming file and line for a text that is no Starlark, and for a rule
 * whose name, sha256 or urls are not plain text.
 */
export function parseWorkspaceRpms(text: string, file = 'WORKSPACE'): readonly RpmRule[] {
  return rulesOf(text, file);
}

/** Both halves of a WORKSPACE: its `rpm()` rules, and the text without them, which a resolver must leave as it was. */
export function splitWorkspace(text: string, file = 'WORKSPACE'): { readonly rules: readonly RpmRule[]; readonly outside: string } {
  return { rules: rulesOf(text, file), outside: outsideOf(text, file) };
}

/** The text without its `rpm()` rules. */
export function outsideRpmRules(text: string, file = 'WORKSPACE'): string {
  return outsideOf(text, file);
}

/** New values for fields of one rule. */
export interface RpmRuleChange {
  readonly rule: RpmRule;
  readonly name?: string;
  readonly sha256?: string;
  readonly urls?: readonly string[];
}

/** The text with these fields changed and every other character as it was. The rules must come from this very text. */
export function rewriteRpmRules(text: string, changes: readonly RpmRuleChange[]): string {
  const edits = changes.flatMap(({ rule, name, sha256, urls }): Edit[] => [
    ...(name === undefined ? [] : [{ ...rule.spans.name, text: quote(name) }]),
    ...(sha256 === undefined ? [] : [{ ...rule.spans.sha256, text: quote(sha256) }]),
    ...(urls === undefined ? [] : [{ ...rule.spans.urls, text: quoteList(urls) }]),
  ]);
  return applyEdits(text, edits);
}

function rpmRule(text: string, call: Call, file: string): RpmRule {
  const name = call.arguments.get('name');
  const sha256 = call.arguments.get('sha256');
  const urls = call.arguments.get('urls');
  if (name?.kind !== 'string') return malformed(text, call.start, file, 'an rpm() rule has no plain name');
  if (sha256?.kind !== 'string') return malformed(text, call.start, file, `the rpm() rule ${name.text} has no plain sha256`);
  if (urls?.kind !== 'strings') return malformed(text, call.start, file, `the rpm() rule ${name.text} has no plain list of urls`);
  return {
    start: call.start,
    end: call.end,
    name: name.text,
    sha256: sha256.text.toLowerCase(),
    urls: urls.items,
    spans: { name: span(name), sha256: span(sha256), urls: span(urls) },
  };
}

function span({ start, end }: Span): Span {
  return { start, end };
}
