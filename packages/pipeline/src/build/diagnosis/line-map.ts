/** Lines of one file that became others, as `git diff --unified=0` has them; from 1. */
interface Hunk {
  readonly from: number;
  readonly were: number;
  readonly to: number;
  readonly are: number;
}

/** A line of a changed file, in the file that it was made from. */
export interface Origin {
  /** From 1. Of a line that is not there: the one that stood in its place, or before it. */
  readonly line: number;
  /** Whether the change wrote it. */
  readonly written: boolean;
}

/** Where a line of a changed file comes from. `diff`: from the one file to the other, without context. */
export function originOf(diff: string, line: number): Origin {
  let shift = 0;
  for (const { from, were, to, are } of hunksOf(diff)) {
    // Of nothing, git names the line that it would stand behind.
    const begins = are === 0 ? to + 1 : to;
    if (line < begins) break;
    if (line < begins + are) return { line: Math.max(1, were === 0 ? from : from + Math.min(line - begins, were - 1)), written: true };
    shift += were - are;
  }
  return { line: line + shift, written: false };
}

function hunksOf(diff: string): readonly Hunk[] {
  const number = (text: string | undefined) => (text === undefined ? 1 : Number(text));
  return [...diff.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm)].map(([, from, were, to, are]) => ({ from: Number(from), were: number(were), to: Number(to), are: number(are) }));
}
