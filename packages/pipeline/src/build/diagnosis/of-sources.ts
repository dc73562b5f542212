import { posix } from 'node:path';

import type { Diagnosis, Way } from './diagnose.js';
import { COMPLAINT } from './compiler-errors.js';
import { all, excerpt, first, inTree, last, list, type Around } from './lines.js';
import type { OwnComplaint } from './own-lines.js';
import type { OwnNames } from './own-names.js';

/** What compilers say around an error: where it is, and the text with a mark below. */
const DRAWN: Around = { before: /^In file included from |^ {2,}from |^\S+: In |^\S+: At top level/, after: /^\s+(?:\d+ )?\||^\s+\S/ };

const HUNK = /^(?:\d+ out of \d+ hunks? (?:FAILED|ignored)|error: patch failed: (\S+?):\d+)/;

export const rejectedPatch: Way = ({ lines, package: pkg, path }) => {
  const hunk = first(lines, HUNK);
  if (!hunk) return undefined;
  const file = hunk[1] ?? last(lines, /^patching file '?(.+?)'?$/)?.[1];
  return {
    ...of('patch', `a patch of the spec does not fit${file === undefined ? '' : ` ${path(file)}`}`, `Refresh the patch, or leave out the patches that the tree already has: sources.${pkg}.patches.`),
    lines: excerpt(lines, new RegExp(`${HUNK.source}|^Patch #\\d+ \\(|^Hunk #\\d+ FAILED|^patching file |^error: \\S+: patch does not apply`)),
  };
};

const NO_HEADER = [/^(\S+?):\d+:\d+: fatal error: (\S+): No such file or directory$/, /^(\S+?):\d+:\d+: fatal error: '(.+)' file not found$/];

export const missingHeader: Way = ({ lines, package: pkg, complaints, path }) => {
  for (const pattern of NO_HEADER) {
    const found = first(lines, pattern);
    if (!found) continue;
    const [, , header = ''] = found;
    const one = complaints.find(({ message }) => message.includes(header));
    const where = one ? placeOf(one, path) : (found[1] ?? '');
    return {
      ...of('compiler', `${where} includes ${header}, which is not there`, `Correct the #include, or add the package that brings the header to BuildRequires of the spec of ${pkg}.`),
      lines: excerpt(lines, pattern, DRAWN),
    };
  }
  return undefined;
};

const UNMET = [
  /^\S*meson\.build:\d+:\d+: ERROR: (?:Dependency|Dependency lookup for|C shared or static library|Program\(?s?\)?) ["'[]*([^"'\]]+?)["'\]]*(?: with method .*)? not found/i,
  /^configure: error: (?:Package requirements \((.+)\) were not met|.*\bnot found\b.*)/,
  /^ERROR: (?:User requested feature (\S+)|.*\bnot found\b.*)/,
];

export const configuring: Way = ({ lines, package: pkg }) => {
  for (const pattern of UNMET) {
    const found = first(lines, pattern);
    if (!found) continue;
    return {
      ...of('configure', `configuring stopped: ${found[1] === undefined ? found[0].replace(/^(configure: error|ERROR): /, '') : `${found[1]} was not found`}`, `Add what brings it to BuildRequires of the spec of ${pkg}, or switch off what wants it (build.without, build.defines).`),
      lines: excerpt(lines, pattern, { after: /^\s+\S/ }),
    };
  }
  return undefined;
};

export const compilerComplaint: Way = ({ lines, complaints, path }) => {
  const [one] = complaints;
  if (!one) return undefined;
  const more = complaints.length === 1 ? '' : complaints.length === 2 ? '; one more error' : `; ${String(complaints.length - 1)} more errors`;
  return { ...of('compiler', `${placeOf(one, path)}: ${one.message}${more}`, advice(one, path)), lines: excerpt(lines, COMPLAINT, DRAWN) };
};

/** `src/a.c, line 7`, of the user's file. */
function placeOf({ file, line, built }: OwnComplaint, path: OwnNames['path']): string {
  if (!built) return `${path(file)}, line ${String(line)}`;
  const there = `line ${String(built.line)} once %prep of the spec has changed it`;
  return built.byPrep ? `${path(file)}, ${there}` : `${path(file)}, line ${String(line)} (${there})`;
}

function advice({ file, line, built }: OwnComplaint, path: OwnNames['path']): string {
  if (!built?.byPrep) return `Correct ${path(file)}, then run again.`;
  return `%prep wrote that line, by a patch or a command: in your ${path(file)} its place is line ${String(line)}. Correct the patch, or what it is applied to, then run again.`;
}

const UNDEFINED = /undefined (?:reference to|symbol:) [`'\u2018]?([^'\u2019\s]+)/;
/** What a linker says of C that was compiled with and without `-g`: `…/src/a.c:7: …` and `a.c:(.text+0x5): …`. */
const USER = /^(?:\S*ld: )?([^\s:]+\.\w+):(?:\d+|\([^)]+\)): undefined reference to /;
/** gcc and clang, of C before C23: a call of what no header declares is only a warning. */
const UNDECLARED = /warning: (?:implicit declaration of function|call to undeclared function) [`'\u2018]?([^'\u2019\s;]+)/;
const NO_LIBRARY = /cannot find -l(\S+?)(?::|$)|unable to find library -l(\S+)/;

export const linkerComplaint: Way = ({ lines, package: pkg, path }) => {
  const symbols = all(lines, UNDEFINED).map(([, name]) => name ?? '');
  if (symbols.length > 0) return { ...undefinedSymbols(lines, [...new Set(symbols)], path), lines: excerpt(lines, UNDEFINED, { before: /: in function / }) };
  const library = first(lines, NO_LIBRARY);
  return library && { ...of('linker', `the linker finds no library ${library[1] ?? library[2] ?? ''}`, `Add the package that brings it to BuildRequires of the spec of ${pkg}.`), lines: excerpt(lines, NO_LIBRARY) };
};

function undefinedSymbols(lines: readonly string[], symbols: readonly string[], path: OwnNames['path']): Omit<Diagnosis, 'lines'> {
  const users = [...new Set(all(lines, USER).map(([, file = '']) => path(posix.normalize(inTree(file)))))];
  const what = users.length === 0 ? `nothing defines ${list(symbols)}, which ${symbols.length === 1 ? 'is' : 'are'} used` : `${list(users)} ${users.length === 1 ? 'uses' : 'use'} ${list(symbols)}, which nothing defines`;
  const undeclared = all(lines, UNDECLARED).flatMap(([, name = '']) => (symbols.includes(name) ? [name] : []));
  const spelling = undeclared.length === 0 ? '' : `No header declares ${list([...new Set(undeclared)])}: look whether the name is right. Else: `;
  return of('linker', what, `${spelling}Add the file that defines it to the build, or the library to what is linked.`);
}

const NO_PROGRAM = /: line \d+: (\S+): command not found$|: \d+: (\S+): not found$/;

export const missingProgram: Way = ({ lines, package: pkg }) => {
  const found = first(lines, NO_PROGRAM);
  const program = found?.[1] ?? found?.[2];
  if (program === undefined) return undefined;
  const shown = excerpt(lines, NO_PROGRAM);
  return program.startsWith('%')
    ? { ...of('program', `rpm knows no macro ${program}`, `Add the package that brings it to BuildRequires of the spec of ${pkg}, or define it: basesystems.<name>.macros.`), lines: shown }
    : { ...of('program', `the spec calls ${program}, which is not installed`, `Add the package that brings it to BuildRequires of the spec of ${pkg}, or to basesystems.<name>.packages.`), lines: shown };
};

function of(cause: NonNullable<Diagnosis['cause']>, what: string, next: string): Omit<Diagnosis, 'lines'> {
  return { class: 'build', cause, what, next };
}
