import type { Diagnostic } from '@crpm/core';
import { cut } from '../cut.js';
import { find, type Document, type Path, type Span } from '../yaml/nodes.js';
import { locate } from '../yaml/source.js';
import { PathSet } from './path-set.js';

/** Where a complaint points: at the key of an entry, or at its value (a collection is marked at its key, too). */
export type Part = 'key' | 'value';

/** Offers `did you mean …` if one of `among` is near to `word`. */
export interface Suggestion {
  readonly word: string;
  readonly among: readonly string[];
}

/** One complaint before it is told. Its place in the text is worked out last, as the text may be one line of a megabyte. */
interface Complaint {
  readonly severity: Diagnostic['severity'];
  readonly message: string;
  readonly span?: Span | undefined;
  readonly suggestion?: Suggestion | undefined;
  readonly unlessMeant?: readonly string[] | undefined;
}

interface Options {
  readonly part?: Part;
  readonly suggestion?: Suggestion;
  /** It is not told where another complaint guesses one of these words: the slip explains it. */
  readonly unlessMeant?: readonly string[];
}

/** Collects what is wrong with a config, all of it, with places in the file where there is one. */
export class Complaints {
  private readonly list: Complaint[] = [];
  private readonly muted = new PathSet();

  /** Without a document (the environment alone made the config) complaints have no place. */
  constructor(readonly document?: Document) {}

  get hasErrors(): boolean {
    return this.list.some(({ severity }) => severity === 'error');
  }

  error(path: Path, message: string, options: Options = {}): void {
    this.add('error', path, message, options);
  }

  warning(path: Path, message: string, options: Options = {}): void {
    this.add('warning', path, message, options);
  }

  /** From now on nothing is said about these paths, what is in them, or what they are in: it was said already. */
  mute(paths: readonly Path[]): void {
    for (const path of paths) this.muted.add(path);
  }

  /** Whether something was said about this path already: then it is as good as there. */
  saidAbout(path: Path): boolean {
    return this.muted.touches(path);
  }

  /** About something outside the file: a variable of the environment. */
  general(severity: Diagnostic['severity'], message: string, suggestion?: Suggestion): void {
    this.list.push({ severity, message, suggestion });
  }

  /** Everything, in the order of the file, those without a place first; a very long list is cut. */
  async finish(): Promise<readonly Diagnostic[]> {
    const rank = ({ span }: Complaint) => span?.start ?? -1;
    const sorted = once(this.list).toSorted((a, b) => rank(a) - rank(b));
    const guessed = await Promise.all(cut(sorted).map(async (complaint: Complaint) => ({ complaint, near: complaint.suggestion && (await nearest(complaint.suggestion)) })));
    const meant = new Set(guessed.map(({ near }) => near));
    return guessed.filter(({ complaint: { unlessMeant = [] } }) => !unlessMeant.some((word) => meant.has(word))).map(({ complaint, near }) => this.tell(complaint, near));
  }

  private tell({ severity, message, span }: Complaint, near: string | undefined): Diagnostic {
    return {
      severity,
      message: near === undefined ? message : withGuess(message, near),
      ...(span && this.document && { location: locate(this.document.source, span.start, span.end) }),
    };
  }

  private add(severity: Diagnostic['severity'], path: Path, message: string, { part = 'value', suggestion, unlessMeant }: Options): void {
    if (!this.muted.touches(path)) this.list.push({ severity, message, span: this.spanOf(path, part), suggestion, unlessMeant });
  }

  private spanOf(path: Path, part: Part): Span | undefined {
    if (!this.document) return undefined;
    const { key, value, depth } = find(this.document.root, path);
    // A path that leaves the document (a missing key) is marked where it leaves it.
    const atKey = key && (part === 'key' || depth < path.length || value.kind !== 'scalar' || value.start === value.end);
    return atKey ? key : value;
  }
}

/** Of several branches of the schema each may say the same. */
function once(list: readonly Complaint[]): readonly Complaint[] {
  return [...new Map(list.map((complaint) => [`${String(complaint.span?.start)} ${complaint.message}`, complaint])).values()];
}

/** What was most likely meant comes before all that is possible. */
function withGuess(message: string, near: string): string {
  const guess = `did you mean ${JSON.stringify(near)}?`;
  const [, head, word, rest] = /^(.*?); (allowed|there are): (.*)$/s.exec(message) ?? [];
  return head === undefined || word === undefined ? `${message}; ${guess}` : `${head}; ${guess} ${word.replace(/^./, (letter) => letter.toUpperCase())}: ${rest ?? ''}`;
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
