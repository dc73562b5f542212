import type { Evr } from './evr.js';

/** -1: a is older, 0: they tie, 1: a is newer. */
export type Order = -1 | 0 | 1;

/** rpm's order of EVRs: epoch as a number, then version, then release. */
export function compareEvr(a: Evr, b: Evr): Order {
  return sign(a.epoch - b.epoch) || compareVersions(a.version, b.version) || compareVersions(a.release, b.release);
}

/**
 * rpm's order of two versions, or of two releases (`rpmvercmp`, rpm 4.15 and later).
 *
 * Both are cut into runs of digits and runs of letters; every other character only separates. Runs are compared in turn: numbers as
 * numbers of any length, letters by their bytes, a number above letters, and a longer list above its own beginning. Two characters
 * stand outside: `~` sorts below everything, even below the end (1.0~rc1 < 1.0), and `^` above the end but below anything else
 * (1.0 < 1.0^git1 < 1.0.1).
 */
export function compareVersions(a: string, b: string): Order {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && isSeparator(a[i])) i++;
    while (j < b.length && isSeparator(b[j])) j++;

    if (a[i] === '~' || b[j] === '~') {
      if (a[i] !== '~') return 1;
      if (b[j] !== '~') return -1;
      i++;
      j++;
      continue;
    }
    if (a[i] === '^' || b[j] === '^') {
      if (i === a.length) return -1;
      if (j === b.length) return 1;
      if (a[i] !== '^') return 1;
      if (b[j] !== '^') return -1;
      i++;
      j++;
      continue;
    }
    if (i === a.length || j === b.length) break;

    const digits = isDigit(a[i]);
    const inRun = digits ? isDigit : isLetter;
    const startA = i;
    const startB = j;
    while (i < a.length && inRun(a[i])) i++;
    while (j < b.length && inRun(b[j])) j++;
    // b has a run of the other sort here: numbers are newer than letters.
    if (j === startB) return digits ? 1 : -1;
    const order = digits
      ? compareNumbers(a.slice(startA, i), b.slice(startB, j))
      : compareText(a.slice(startA, i), b.slice(startB, j));
    if (order !== 0) return order;
  }
  if (i === a.length && j === b.length) return 0;
  return i === a.length ? -1 : 1;
}

/** Runs of digits of any length, leading zeros aside. */
function compareNumbers(a: string, b: string): Order {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  return sign(x.length - y.length) || compareText(x, y);
}

function compareText(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}

function sign(value: number): Order {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function isLetter(char: string | undefined): boolean {
  return char !== undefined && ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z'));
}

function isSeparator(char: string | undefined): boolean {
  return !isDigit(char) && !isLetter(char) && char !== '~' && char !== '^';
}
