/** What a line of a program's output tells of how far it is. */
export interface Heard {
  /** It begins: `%build`, `packaging`. */
  readonly phase?: string;
  /** How far it is in its phase: `meson setup`, then steps done as ninja counts them: `412/1380`. */
  readonly steps?: string;
  /** It is for machines, or says what the shell does: nobody needs to see it. */
  readonly noise?: true;
}

const RPMBUILD = /^Executing\((%\w+)\): /;
const NINJA = /^\[(\d+\/\d+)\] /;
const MESON = /^The Meson build system$/;
const PACKAGING = /^Processing files: /;
/** What `set -x` shows, and make of its folders. */
const NOISE = /^\++ |^make(?:\[\d+\])?: (?:Entering|Leaving) directory /;

export function hear(line: string): Heard {
  const phase = RPMBUILD.exec(line)?.[1];
  if (phase !== undefined) return { phase, noise: true };
  const steps = NINJA.exec(line)?.[1];
  if (steps !== undefined) return { steps };
  if (MESON.test(line)) return { steps: 'meson setup' };
  if (PACKAGING.test(line)) return { phase: 'packaging' };
  return NOISE.test(line) ? { noise: true } : {};
}
