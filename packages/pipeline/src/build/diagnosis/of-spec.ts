import type { Diagnosis, Way } from './diagnose.js';
import { all, excerpt, first, last, list, untilOther } from './lines.js';

const NEEDED = /^\s+(.+) is needed by \S+$/;

export const missingRequirement: Way = ({ lines, package: pkg }) => {
  const names = all(lines, NEEDED).map(([, name]) => name ?? '');
  if (names.length === 0) return undefined;
  const [is, it] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return { ...build, cause: 'build-requires', what: `BuildRequires ${list(names)} ${is} not installed`, next: `Install ${it} where it builds (basesystems.<name>.packages), or correct the spec of ${pkg}.`, lines: excerpt(lines, NEEDED) };
};

const UNPACKAGED = /Installed \(but unpackaged\) file\(s\) found:/;

export const unpackagedFiles: Way = ({ lines, package: pkg }) => {
  const at = lines.findIndex((line) => UNPACKAGED.test(line));
  if (at === -1) return undefined;
  const files = untilOther(lines.slice(at + 1), /^\s+(\/.+)$/);
  const [is, it] = files.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return {
    ...build,
    cause: 'unpackaged-files',
    what: `${list(files)} ${is} installed and in no %files section`,
    next: `List ${it} in %files of the spec of ${pkg}, or remove ${it} at the end of %install.`,
    lines: lines.slice(at, at + 1 + Math.min(files.length, 9)),
  };
};

const NOT_FOUND = /(?:File|Directory) not found(?: by glob)?: \S*?\/BUILDROOT(?:\/[^/\s]+-[^/\s]+)?(\/.+)$/;

export const missingFiles: Way = ({ lines, package: pkg }) => {
  const files = [...new Set(all(lines, NOT_FOUND).map(([, file]) => file ?? ''))];
  if (files.length === 0) return undefined;
  const [is, it] = files.length === 1 ? ['is', 'it'] : ['are', 'them'];
  // rpm says each twice, the second time below `RPM build errors:`.
  const once = excerpt(lines, NOT_FOUND).filter((line, _at, shown) => !/^\s/.test(line) || shown.every((other) => /^\s/.test(other)));
  return { ...build, cause: 'missing-files', what: `%files lists ${list(files)}, which ${is} not installed`, next: `Switch on what makes ${it}, or take ${it} out of %files of the spec of ${pkg}.`, lines: once };
};

/** meson and ninja (`3/40 name FAIL`), automake (`FAIL: name`), TAP (`not ok 3 - name`), CTest (`3 - name (Failed)`), pytest (`FAILED file::name`). */
const TESTS = [/^\s*\d+\/\d+ (\S.*?)\s+(?:FAIL|ERROR|TIMEOUT)\b/, /^(?:FAIL|XPASS|ERROR): (\S+)/, /^not ok \d+(?: -)? ([^#]+?)\s*(?:#(?! *(?:TODO|SKIP|todo|skip)\b).*)?$/, /^\s+\d+ - (\S+) \((?:Failed|Timeout|SEGFAULT)\)/, /^FAILED (\S+::\S+)/];

export const failedTests: Way = ({ lines, package: pkg }) => {
  if (!first(lines, /^error: Bad exit status from \S+ \(%check\)/)) return undefined;
  const tests = [...new Set(TESTS.flatMap((pattern) => all(lines, pattern).map(([, name]) => name ?? '')))];
  return {
    ...build,
    cause: 'tests',
    what: tests.length === 0 ? '%check failed' : `%check failed: ${list(tests)}`,
    next: `Mend what the tests complain of; build.check: false under sources.${pkg}, or build.profile: dev, leaves %check out.`,
    lines: tests.length === 0 ? lines.filter((line) => line.trim() !== '').slice(-10) : excerpt(lines, new RegExp(TESTS.map(({ source }) => source).join('|'))),
  };
};

export const failedPhase: Way = ({ lines, package: pkg }) => {
  const phase = last(lines, /^error: Bad exit status from \S+ \((%[a-z]+)\)/)?.[1];
  if (phase === undefined) return undefined;
  return { ...build, what: `${phase} failed`, next: `Correct what the lines shown name, or ${phase} in the spec of ${pkg}; the log has all of the output.`, lines: [] };
};

const build: Pick<Diagnosis, 'class'> = { class: 'build' };
