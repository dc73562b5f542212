/**
 * What whoever reads this process's text has at hand: the word that starts crpm there, and the folder that paths are named from. A process has one reader, as it has one terminal, so
 * this is told once, and heeded where text is laid out for people. JSON, logs and what is written to files never pass here.
 */
export interface AtHand {
  /** What starts crpm: `crpm`, `npx crpm`. */
  readonly command: string;
  /** Commands of crpm, by which what is to be typed is told from prose about crpm. */
  readonly commands: readonly string[];
  /** Absolute folder that the reader is in. */
  readonly cwd: string;
}

type Change = (text: string) => string;

let typing: readonly Change[] = [];
/** By folder. */
const naming = new Map<string, Change>();

/** Forgets what was told before. */
export function tellAtHand({ command, commands, cwd }: AtHand): void {
  const typed = new RegExp(`(?<![\\w./@-])(?<!npx\\s+)crpm(?=\\s+(?:--?\\w|\\[|(?:${commands.join('|')})(?![\\w-])))`, 'g');
  typing = [...(command === 'crpm' ? [] : [(text: string) => text.replace(typed, command)]), ...(cwd === '/' ? [] : [paths(cwd, '')])];
  naming.clear();
}

/** A folder has a shorter name: `.crpm`, for where crpm keeps things. */
export function tellShorter(folder: string, name: string): void {
  naming.set(folder, paths(folder, `${name}/`));
}

/** Text as it is to be typed, and its paths as they are to be opened, from where the reader is. What went through here once comes out as it is. */
export function atHand(text: string): string {
  return [...naming.values(), ...typing].reduce((changed, change) => change(changed), text);
}

/** What lies below a folder, where a word begins with its path: `-I/src/a` and `file:///src/a` stay. */
function paths(folder: string, name: string): Change {
  const escaped = folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const path = new RegExp(`(?<=^|[\\s"'\`(\\[=,;])${escaped}/(?=[^\\s/])`, 'gm');
  return (text) => text.replace(path, () => name);
}
