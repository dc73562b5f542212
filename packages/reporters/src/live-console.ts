/** Of letters of the view that the Linux console's fonts lack (they have those of the IBM PC, and few more) what looks most like each, as wide. All would be the same box there. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  ...{ '✔': '√', '✖': 'x', '◼': '■', '▸': '►', '›': '>', '…': '~' },
  // The frames of what turns.
  ...{ '⠋': '-', '⠙': '\\', '⠹': '|', '⠸': '/', '⠼': '-', '⠴': '\\', '⠦': '|', '⠧': '/', '⠇': '-', '⠏': '\\' },
};
const LACKING = new RegExp(`[${Object.keys(LOOKS_LIKE).join('')}]`, 'g');

/** The rows in letters that a terminal of this kind has. */
export function inItsLetters(rows: readonly string[], term: string | undefined): readonly string[] {
  return term === 'linux' ? rows.map((row) => row.replace(LACKING, (letter) => LOOKS_LIKE[letter] ?? letter)) : rows;
}
