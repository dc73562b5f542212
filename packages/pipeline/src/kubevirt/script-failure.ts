import type { Cause } from '@crpm/core';

/** What a failed rpm-deps has to say. */
export interface ScriptFailure {
  /** The resolver's own words, where it had some. */
  readonly reason?: string;
  /** `resolver`: it found no set of RPMs. */
  readonly cause?: Extract<Cause, 'resolver' | 'network'>;
  /** The last lines worth showing. */
  readonly lines: readonly string[];
  readonly next: string;
}

/** How many lines of output a failure shows. */
const SHOWN = 10;

/** The help on its flags that bazeldnf prints with every failure, longer than what it has to say. */
const HELP = [/^(Usage|Flags|Global Flags):$/, /^\s+(-\w, )?--[a-z-]+(\s|$)/, /^\s+\S+ .*\[flags\]$/];

/** What bazeldnf tells of its progress. */
const PROGRESS = / level=(?:debug|info) |^\d{4}\/\d\d\/\d\d [\d:]+ \[DEBUG\] /;

const ADVICE_FOR_UNREACHABLE =
  "A repository does not answer where the resolver runs. If it is crpm's own, on 127.0.0.1, that place has another loopback (Docker Desktop, podman machine): set serve.mode: volume. The private copy is kept.";

/** Finds out, from its last lines, why a script failed: bazeldnf itself explains nothing. `variables` is what the script was given. */
export function explainScriptFailure(output: readonly string[], variables: Readonly<Record<string, string>>): ScriptFailure {
  const said = output.filter((line) => line.trim() !== '' && !HELP.some((pattern) => pattern.test(line)));
  const told = said.filter((line) => !PROGRESS.test(line));
  const lines = (told.length > 0 ? told : said).slice(-SHOWN);
  const [absent, unsolved] = [last(output, /\b(Package (\S+) does not exist)$/), last(output, /\b(no solution found.*)$/)];
  const unreachable = last(output, /\b(failed to fetch repomd\.xml for .*)$/);
  if (absent) return { reason: absent[1] ?? '', cause: 'resolver', lines, next: adviceForAbsent(absent[2] ?? '', variables) };
  if (unsolved) return { reason: unsolved[1] ?? '', cause: 'resolver', lines, next: 'The resolver found no set of RPMs that fits: some RPM requires another exact version than the one built. The private copy is kept.' };
  if (unreachable) return { reason: unreachable[1] ?? '', cause: 'network', lines, next: ADVICE_FOR_UNREACHABLE };
  return { lines, next: 'See the log; the KubeVirt tree is untouched, and the private copy is kept.' };
}

/** `asked`: `qemu-img-17:10.1.0-20.el9.crpm0001`, as KubeVirt's script puts a name and a version together. */
function adviceForAbsent(asked: string, variables: Readonly<Record<string, string>>): string {
  const given = Object.entries(variables).find(([name, value]) => name.endsWith('_VERSION') && asked.endsWith(`-${value}`));
  return given
    ? `KubeVirt's script asks for it with ${given[0]}, which crpm set to what was built: build that RPM too (a spec makes it only with its %files section; look at build.without), or correct rpmDeps.versions if the version is from there. The private copy is kept.`
    : `KubeVirt's script asks for ${asked}, and no repository has it: mirrors drop old versions. Set the version that there is now under rpmDeps.versions, or update the KubeVirt tree. The private copy is kept.`;
}

function last(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of [...lines].reverse()) {
    const match = pattern.exec(line.trimEnd());
    if (match) return match;
  }
  return undefined;
}
