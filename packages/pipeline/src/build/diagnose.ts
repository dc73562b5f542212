import type { Failure } from '@crpm/core';

/** What the output of a failed rpmbuild means: the rest of the sentence that says it failed, and what to change. */
export interface Diagnosis {
  readonly class: Extract<Failure['class'], 'build' | 'environment'>;
  readonly what: string;
  readonly next: string;
}

/** One way in which builds fail; nothing if these lines tell of none. `lines`: oldest first. */
type Way = (lines: readonly string[], pkg: string) => Diagnosis | undefined;

const build = (what: string, next: string): Diagnosis => ({ class: 'build', what, next });

/** A cause first, then what merely follows from it: a compiler that fails for a full disk complains of much else. */
const WAYS: readonly Way[] = [fullDisk, noNetwork, missingRequirement, rejectedPatch, missingHeader, missingDependency, compilerComplaint, linkerComplaint, missingProgram, unpackagedFiles, missingFiles, failedTests, failedPhase];

/** Finds out why an rpmbuild failed. Pure; made from the words of rpm 4.16 to 4.20, gcc, clang, ld, meson, ninja and patch. */
export function diagnose(lines: readonly string[], pkg: string): Diagnosis | undefined {
  for (const way of WAYS) {
    const found = way(lines, pkg);
    if (found) return found;
  }
  return undefined;
}

function fullDisk(lines: readonly string[]): Diagnosis | undefined {
  if (!first(lines, /\bNo space left on device\b|\bDisk quota exceeded\b/)) return undefined;
  return { class: 'environment', what: 'the disk is full where it builds', next: 'Free some space there (crpm cache gc, docker system df), then run again; finished work is kept.' };
}

function noNetwork(lines: readonly string[]): Diagnosis | undefined {
  const host = first(lines, /(?:Could not resolve host:?|Temporary failure in name resolution|unable to access) ?'?([^\s';]*)/i);
  if (!host) return undefined;
  return build(`the build wants to fetch something${host[1] ? ` (${host[1]})` : ''}, and builds have no network`, 'Put what it fetches into the source archive (a subproject, a vendored folder), or name it in the spec’s Source lines.');
}

function missingRequirement(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const names = all(lines, /^\s+(.+) is needed by \S+$/).map(([, name]) => name ?? '');
  if (names.length === 0) return undefined;
  return build(`BuildRequires ${list(names)} ${names.length === 1 ? 'is' : 'are'} not installed`, `Install ${names.length === 1 ? 'it' : 'them'} where it builds (basesystems.<name>.packages), or correct the spec of ${pkg}.`);
}

function rejectedPatch(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const hunk = first(lines, /^(?:\d+ out of \d+ hunks? FAILED|error: patch failed: (\S+?):\d+)/);
  if (!hunk) return undefined;
  const file = hunk[1] ?? last(lines, /^patching file '?(.+?)'?$/)?.[1];
  return build(`a patch of the spec does not fit${file === undefined ? '' : ` ${file}`}`, `Refresh the patch, or leave patches out that the tree already has: sources.${pkg}.patches.`);
}

function missingHeader(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const found = first(lines, /^(\S+?):\d+:\d+: fatal error: (\S+): No such file or directory$/) ?? first(lines, /^(\S+?):\d+:\d+: fatal error: '(.+)' file not found$/);
  if (!found) return undefined;
  return build(`${inTree(found[1])} includes ${found[2] ?? ''}, which is not there`, `Correct the #include, or add the package that brings the header to BuildRequires of the spec of ${pkg}.`);
}

function missingDependency(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const found =
    first(lines, /^\S*meson\.build:\d+:\d+: ERROR: (?:Dependency|Dependency lookup for|C shared or static library|Program\(?s?\)?) ["'[]*([^"'\]]+?)["'\]]*(?: with method .*)? not found/i) ??
    first(lines, /^configure: error: (?:Package requirements \((.+)\) were not met|.*\bnot found\b.*)/) ??
    first(lines, /^ERROR: (?:User requested feature (\S+)|.*\bnot found\b.*)/);
  if (!found) return undefined;
  return build(`configuring stopped: ${found[1] === undefined ? found[0].replace(/^(configure: error|ERROR): /, '') : `${found[1]} was not found`}`, `Add what brings it to BuildRequires of the spec of ${pkg}, or switch off what wants it (build.without, build.defines).`);
}

function compilerComplaint(lines: readonly string[]): Diagnosis | undefined {
  const errors = all(lines, /^([^\s:][^:]*):(\d+):(?:\d+:)? (?:fatal )?error: (.+)$/i);
  const [one] = errors;
  if (!one) return undefined;
  const more = errors.length === 1 ? '' : ` and ${String(errors.length - 1)} more`;
  return build(`${inTree(one[1])}, line ${one[2] ?? ''}: ${one[3] ?? ''}${more}`, `Correct ${inTree(one[1])}, then run again: only what depends on it is compiled anew.`);
}

function linkerComplaint(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const symbols = all(lines, /undefined (?:reference to|symbol:) [`'‘]?([^'’\s]+)/).map(([, name]) => name ?? '');
  if (symbols.length > 0) return build(`nothing defines ${list(symbols)}, which ${symbols.length === 1 ? 'is' : 'are'} used`, 'Add the file that defines it to the build, or the library to what is linked.');
  const library = first(lines, /cannot find -l(\S+?)(?::|$)/) ?? first(lines, /unable to find library -l(\S+)/);
  if (!library) return undefined;
  return build(`the linker finds no library ${library[1] ?? ''}`, `Add the package that brings it to BuildRequires of the spec of ${pkg}.`);
}

function missingProgram(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const program = first(lines, /: line \d+: (\S+): command not found$/) ?? first(lines, /: \d+: (\S+): not found$/);
  if (!program) return undefined;
  if (program[1]?.startsWith('%')) return build(`rpm knows no macro ${program[1]}`, `Add the package that brings it to BuildRequires of the spec of ${pkg}, or define it: basesystems.<name>.macros.`);
  return build(`the spec calls ${program[1] ?? ''}, which is not installed`, `Add the package that brings it to BuildRequires of the spec of ${pkg}, or to basesystems.<name>.packages.`);
}

function unpackagedFiles(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const at = lines.findIndex((line) => /Installed \(but unpackaged\) file\(s\) found:/.test(line));
  if (at === -1) return undefined;
  const files = untilOther(lines.slice(at + 1), /^\s+(\/.+)$/);
  return build(`${list(files)} ${files.length === 1 ? 'is' : 'are'} installed and in no %files section`, `List ${files.length === 1 ? 'it' : 'them'} in %files of the spec of ${pkg}, or remove ${files.length === 1 ? 'it' : 'them'} at the end of %install.`);
}

function missingFiles(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const files = [...new Set(all(lines, /(?:File|Directory) not found(?: by glob)?: \S*?\/BUILDROOT(?:\/[^/\s]+-[^/\s]+)?(\/.+)$/).map(([, file]) => file ?? ''))];
  if (files.length === 0) return undefined;
  return build(`%files lists ${list(files)}, which ${files.length === 1 ? 'is' : 'are'} not installed`, `Switch on what makes ${files.length === 1 ? 'it' : 'them'}, or take ${files.length === 1 ? 'it' : 'them'} out of %files of the spec of ${pkg}.`);
}

function failedTests(lines: readonly string[], pkg: string): Diagnosis | undefined {
  if (!first(lines, /^error: Bad exit status from \S+ \(%check\)/)) return undefined;
  const tests = [...all(lines, /^\s*\d+\/\d+ (\S.*?)\s+(?:FAIL|ERROR|TIMEOUT)\b/), ...all(lines, /^(?:FAIL|XPASS|ERROR): (\S+)/)].map(([, name]) => name ?? '');
  return build(tests.length === 0 ? '%check failed' : `%check failed: ${list([...new Set(tests)])}`, `Mend what the tests complain of; build.check: false under sources.${pkg}, or build.profile: dev, leaves %check out.`);
}

function failedPhase(lines: readonly string[], pkg: string): Diagnosis | undefined {
  const phase = last(lines, /^error: Bad exit status from \S+ \((%[a-z]+)\)/)?.[1];
  return phase === undefined ? undefined : build(`${phase} failed`, `Correct what the lines shown name, or ${phase} in the spec of ${pkg}; the log has all of the output.`);
}

/** A file's name without the folders that rpmbuild unpacks and compiles in. */
function inTree(file = ''): string {
  return file.replace(/^(?:.*\/BUILD\/(?:[^/]+-build\/)?[^/]+\/|(?:\.\.?\/)+)/, '');
}

/** At most three by name. */
function list(names: readonly string[]): string {
  const more = names.length - 3;
  return names.slice(0, 3).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

function first(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match) return match;
  }
  return undefined;
}

function last(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  return first(lines.toReversed(), pattern);
}

/** Each text once. */
function all(lines: readonly string[], pattern: RegExp): readonly RegExpExecArray[] {
  return [...new Set(lines)].map((line) => pattern.exec(line)).filter((match) => match !== null);
}

function untilOther(lines: readonly string[], pattern: RegExp): readonly string[] {
  const found: string[] = [];
  for (const line of lines) {
    const file = pattern.exec(line)?.[1];
    if (file === undefined) break;
    found.push(file);
  }
  return found;
}
