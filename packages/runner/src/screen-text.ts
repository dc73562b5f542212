/** Longest line that goes to a face, in characters; the log has it whole. */
const LONGEST = 2000;

const ESCAPES = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A line of a program's output as it may be shown: no escape sequences, no control characters but tab, no marks that turn
 * the direction of text, and of a progress display (`10%\r20%\r`) only what would still be on the screen.
 */
export function screenText(line: string): string {
  const cut = line.length > 4 * LONGEST ? line.slice(-4 * LONGEST) : line;
  const shown = cut.replace(/\r+$/, '');
  const text = shown.slice(shown.lastIndexOf('\r') + 1).replace(ESCAPES, '').replace(CONTROLS, '');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
