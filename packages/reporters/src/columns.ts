import { eastAsianWidth } from 'get-east-asian-width';

/** Nothing is to be looked up for these. */
const PLAIN = /^[\u0020-\u007e]*$/;
/** Letters that add to the one before: combining marks, joiners, signs that are not seen. */
const ADDED = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Makes a picture, two columns wide, of the sign before it. */
const AS_PICTURE = '\ufe0f';

/** Columns of a terminal that a text without colours takes, letter by letter, as terminals and wcwidth(3) count. What joins several pictures to one counts as all of them, which no terminal exceeds. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return [...text].reduce((sum, letter) => sum + columnsOfLetter(letter), 0);
}

/** The text, or as much of its beginning as there is room for, with … behind. */
export function cutToColumns(text: string, columns: number): string {
  return columnsOf(text) <= columns ? text : `${foldToColumns(text, columns - 1)[0] ?? ''}…`;
}

/** The text as rows that are no wider, broken anywhere but in a letter; one at least. */
export function foldToColumns(text: string, columns: number): readonly string[] {
  const rows = [''];
  let taken = 0;
  for (const letter of text) {
    const width = columnsOfLetter(letter);
    if (taken + width > columns && taken > 0) {
      rows.push('');
      taken = 0;
    }
    rows[rows.length - 1] += letter;
    taken += width;
  }
  return rows;
}

/** Spaces behind, up to a width. */
export function padToColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

function columnsOfLetter(letter: string): number {
  if (letter === AS_PICTURE) return 1;
  return PLAIN.test(letter) ? 1 : ADDED.test(letter) ? 0 : eastAsianWidth(letter.codePointAt(0) ?? 0);
}
