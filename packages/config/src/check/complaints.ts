import type { Diagnostic } from '@crpm/core';
import { find, type Document, type Path } from '../yaml/nodes.js';
import { locate } from '../yaml/source.js';

/** More than anybody reads; a broken file of a megabyte could have a hundred thousand. */
const MAX_COMPLAINTS = 100;

/** Where a complaint points: at the key of an entry, or at its value (a collection is marked at its key, too). */
export type Part = 'key' | 'value';

/** Offers `did you mean …` if one of `among` is near to `word`. */
export interface Suggestion {
  readonly word: string;
  readonly among: readonly string[];
}

/** Collects what is wrong with a config, all of it, with places in the file where there is one. */
export class Complaints {
  private readonly list: { readonly diagnostic: Diagnostic; readonly suggestion?: Suggestion | undefined }[] = [];

  private muted: readonly Path[] = [];

  /** Without a document (the environment alone made the config) complaints have no place. */
  constructor(readonly document?: Document) {}

  get hasErrors(): boolean {
    return this.list.some(({ diagnostic }) => diagnostic.severity === 'error');
  }

  error(path: Path, message: string, options: { readonly part?: Part; readonly suggestion?: Suggestion } = {}): void {
    this.add('error', path, message, options);
  }

  warning(path: Path, message: string, options: { readonly part?: Part; readonly suggestion?: Suggestion } = {}): void {
    this.add('warning', path, message, options);
  }

  /** From now on nothing is said about these paths, what is in them, or what they are in: it was said already. */
  mute(paths: readonly Path[]): void {
    this.muted = [...this.muted, ...paths];
  }

  /** About something outside the file: a variable of the environment. */
  general(severity: Diagnostic['severity'], message: string, suggestion?: Suggestion): void {
    this.list.push({ diagnostic: { severity, message }, suggestion });
  }

  /** Everything, in the order of the file, those without a place first. */
  async finish(): Promise<readonly Diagnostic[]> {
    const finished: Diagnostic[] = [];
    for (const { diagnostic, suggestion } of this.list) {
      const near = suggestion && (await nearest(suggestion));
      finished.push(near === undefined ? diagnostic : { ...diagnostic, message: `${diagnostic.message}; did you mean ${JSON.stringify(near)}?` });
    }
    const rank = ({ location }: Diagnostic) => (location ? location.line * 1e7 + location.column : 0);
    finished.sort((a, b) => rank(a) - rank(b));
    return capped(finished);
  }

  private add(severity: Diagnostic['severity'], path: Path, message: string, options: { readonly part?: Part; readonly suggestion?: Suggestion }): void {
    if (this.muted.some((other) => isWithin(path, other) || isWithin(other, path))) return;
    const location = this.locate(path, options.part ?? 'value');
    this.list.push({ diagnostic: { severity, message, ...(location && { location }) }, suggestion: options.suggestion });
  }

  private locate(path: Path, part: Part): Diagnostic['location'] {
    if (!this.document) return undefined;
    const { source, root } = this.document;
    const { key, value, depth } = find(root, path);
    // A path that leaves the document (a missing key) is marked where it leaves it.
    const atKey = key && (part === 'key' || depth < path.length || value.kind !== 'scalar' || value.start === value.end);
    const { start, end } = atKey ? key : value;
    return locate(source, start, end);
  }
}

function isWithin(path: Path, folder: Path): boolean {
  return folder.every((segment, index) => path[index] === segment);
}

/** Cuts a long list and says so. Errors go first then, so that none is lost to warnings. */
export function capped(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_COMPLAINTS) return diagnostics;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const kept = [...errors, ...diagnostics.filter(({ severity }) => severity !== 'error')].slice(0, MAX_COMPLAINTS);
  const severity = errors.length > 0 ? 'error' : 'warning';
  return [...kept, { severity, message: `and ${diagnostics.length - kept.length} more like these` }];
}

/** The one of `among` that a slip of the fingers may have meant. The library is loaded only when something is wrong. */
async function nearest({ word, among }: Suggestion): Promise<string | undefined> {
  if (word.length > 64 || among.length === 0) return undefined;
  const { closest, distance } = await import('fastest-levenshtein');
  const lower = word.toLowerCase();
  const byLower = new Map(among.map((candidate) => [candidate.toLowerCase(), candidate]));
  const near = byLower.get(closest(lower, [...byLower.keys()]));
  if (near === undefined) return undefined;
  // Two: letters that changed places. Never so many that nothing of the word is left.
  const limit = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1);
  return distance(lower, near.toLowerCase()) <= limit ? near : undefined;
}
