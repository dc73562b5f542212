/** Escape sequences of ECMA-48: CSI, then OSC/DCS/SOS/PM/APC strings up to their terminator, then every two-character one. */
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
/** What would still move the cursor or ring the bell. */
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;
/** Longest line that a face shows, in UTF-16 units; the log has it whole. */
const LONGEST = 2000;

/**
 * A line of a program as it may go to a screen: no escape sequences, no control characters, tabs as one space. Of a line that was
 * redrawn with carriage returns the last state is left.
 */
export function stripControl(text: string): string {
  const cut = text.length > LONGEST * 4 ? text.slice(0, LONGEST * 4) : text;
  const drawn = cut.replace(SEQUENCES, '').split('\r').filter((part) => part.trim() !== '');
  const line = (drawn.at(-1) ?? '').replace(/\t/g, ' ').replace(CONTROLS, '');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
