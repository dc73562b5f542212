import { screenText } from '@crpm/core';

/** How many lines of a failed program's output a failure shows. */
const SHOWN = 10;
/** How many of its last lines are looked at. */
const REMEMBERED = 2_000;

/** Lines that say why, in the words of rpm, dnf, compilers, linkers, ninja, meson, make and the shell. */
const TELLING = [
  /^(RPM build )?errors?: /i,
  /^\s+.* is needed by /,
  // The files that rpm found installed but unpackaged, or missing.
  /^ {3,4}\/\S/,
  /: (fatal )?error: /,
  /\bundefined reference to\b/,
  /^FAILED: /,
  /^ninja: /,
  /^make(\[\d+\])?: \*\*\*/,
  /\bERROR: /,
  /\b(No such file or directory|command not found|not found|Permission denied|No space left on device)$/,
  /^(Bad exit status|No matching package|Problem|hunk|\d+ out of \d+ hunks?)/i,
  /^Patch #\d+ \(/,
  /^Hunk #\d+ FAILED/,
  /^fatal: /,
];

/** Keeps the last lines of a program's output, in bounded memory, and finds those that tell why it failed. */
export class OutputTail {
  readonly #lines: string[] = [];

  line(text: string): void {
    this.#lines.push(text);
    if (this.#lines.length > REMEMBERED * 2) this.#lines.splice(0, REMEMBERED);
  }

  /** All that is remembered, oldest first, without colours: compilers use them also where nobody sees them. */
  get lines(): readonly string[] {
    return this.#lines.slice(-REMEMBERED).map(plain);
  }

  /** The last ten lines that tell why, each once; without any, simply the last ones. */
  telling(): readonly string[] {
    const telling = this.lines.filter((line) => TELLING.some((pattern) => pattern.test(line)));
    return [...new Set(telling.length > 0 ? telling : this.lines.filter((line) => line.trim() !== ''))].slice(-SHOWN);
  }
}

/** Of most lines nothing is to be taken away. */
function plain(line: string): string {
  return line.includes('\u001b') ? screenText(line) : line;
}
