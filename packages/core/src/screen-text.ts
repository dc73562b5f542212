/** Escape sequences of ECMA-48: CSI, whole or cut, then OSC/DCS/SOS/PM/APC strings up to their terminator, then every two-character one. */
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
/** What would still move the cursor or ring the bell, and the marks that turn the direction of text. */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** Longest line that is shown, in UTF-16 units; the log has it whole. */
const LONGEST = 2000;

/**
 * A line of a program's output as it may be shown: no escape sequences, no control characters, tabs as one space, no marks that turn the
 * direction of text. Of a line that was redrawn with carriage returns (`10%\r20%\r`) the last state is left.
 */
export function screenText(line: string): string {
  const cut = line.slice(0, LONGEST * 4);
  const states = cut.replace(SEQUENCES, '').split('\r').filter((part) => part.trim() !== '');
  const text = (states.at(-1) ?? '').replace(/\t/g, ' ').replace(CONTROLS, '');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
