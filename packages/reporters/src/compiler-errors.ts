/** What a compiler complained of, and where. */
export interface CompilerError {
  /** As the compiler named it, relative to the top of the tree that was built. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; absent where the program tells none. */
  readonly column?: number;
  readonly message: string;
}

/** gcc and clang (`../src/a.c:12:3: error: …`), meson (`meson.build:7:0: ERROR: …`), and what only tells lines. */
const COMPLAINT = /^(?<file>[^\s:][^:]*):(?<line>\d+):(?:(?<column>\d+):)? (?:fatal )?error: (?<message>.+)$/i;

/** Folders that rpmbuild unpacks and compiles in: what comes before the tree's own names. */
const OUTSIDE = /^(?:.*\/BUILD\/(?:[^/]+-build\/)?[^/]+\/|(?:\.\.?\/)+)/;

/** The errors that compilers and meson tell of in lines of output, each once. */
export function compilerErrors(lines: readonly string[]): readonly CompilerError[] {
  const found = new Map<string, CompilerError>();
  for (const text of lines) {
    const { file, line, column, message } = COMPLAINT.exec(text)?.groups ?? {};
    if (file === undefined || line === undefined || message === undefined) continue;
    const where = { line: Number(line), ...(Number(column) > 0 ? { column: Number(column) } : {}) };
    found.set(text, { file: file.replace(OUTSIDE, ''), ...where, message });
  }
  return [...found.values()];
}
