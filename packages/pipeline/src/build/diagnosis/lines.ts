/** The most that a failure shows. */
const SHOWN = 10;

export function first(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match) return match;
  }
  return undefined;
}

export function last(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  return first(lines.toReversed(), pattern);
}

/** Each text once. */
export function all(lines: readonly string[], pattern: RegExp): readonly RegExpExecArray[] {
  return [...new Set(lines)].map((line) => pattern.exec(line)).filter((match) => match !== null);
}

/** What belongs to a line, as compilers have it: `In function …` before, the text and its mark, drawn in, after. */
export interface Around {
  readonly before?: RegExp;
  readonly after?: RegExp;
}

/** The first lines that match, each once, with at most two that belong to each on either side; ten at most, in their order. */
export function excerpt(lines: readonly string[], pattern: RegExp, { before, after }: Around = {}): readonly string[] {
  const shown = new Set<number>();
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (!pattern.test(line) || seen.has(line)) continue;
    seen.add(line);
    for (const at of [...reach(lines, index, -1, before), index, ...reach(lines, index, 1, after)]) if (shown.size < SHOWN) shown.add(at);
  }
  return [...shown].sort((a, b) => a - b).map((at) => lines[at] ?? '');
}

function reach(lines: readonly string[], from: number, step: 1 | -1, belongs: RegExp | undefined): readonly number[] {
  const found: number[] = [];
  for (let at = from + step; belongs !== undefined && found.length < 2 && belongs.test(lines[at] ?? ''); at += step) found.push(at);
  return found.sort((a, b) => a - b);
}

/** The first group of a pattern, of each line from the first that matches on, as long as they do. */
export function untilOther(lines: readonly string[], pattern: RegExp): readonly string[] {
  const found: string[] = [];
  for (const line of lines) {
    const file = pattern.exec(line)?.[1];
    if (file === undefined) break;
    found.push(file);
  }
  return found;
}

/** At most three by name. */
export function list(names: readonly string[]): string {
  const more = names.length - 3;
  return names.slice(0, 3).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

/** A file's name without the folders that rpmbuild unpacks and compiles in. */
export function inTree(file: string): string {
  return file.replace(/^(?:.*\/BUILD\/(?:[^/]+-build\/)?[^/]+\/|(?:\.\.?\/)+)/, '');
}
