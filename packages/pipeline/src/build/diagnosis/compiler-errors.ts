import type { Complaint } from '@crpm/core';

import { inTree } from './lines.js';

/** gcc and clang (`../src/a.c:12:3: error: …`), meson (`meson.build:7:0: ERROR: …`), and what only tells lines. */
export const COMPLAINT = /^(?<file>[^\s:][^:]*):(?<line>\d+):(?:(?<column>\d+):)? (?:fatal )?error: (?<message>.+)$/i;

/** The errors that compilers and meson tell of in lines of output, each once, in files as the tree names them. */
export function compilerErrors(lines: readonly string[]): readonly Complaint[] {
  const found = new Map<string, Complaint>();
  for (const text of lines) {
    const { file, line, column, message } = COMPLAINT.exec(text)?.groups ?? {};
    if (file === undefined || line === undefined || message === undefined || Number(line) < 1) continue;
    const where = { line: Number(line), ...(Number(column) > 0 ? { column: Number(column) } : {}) };
    found.set(text, { file: inTree(file), ...where, message });
  }
  return [...found.values()];
}
