import { execFileSync } from 'node:child_process';
import { formatRelation, readRpmHeader, type Relation } from '@crpm/rpm';

const FIELDS = ['NAME', 'EPOCHNUM', 'VERSION', 'RELEASE', 'BUILDTIME', 'BUILDHOST', 'PAYLOADCOMPRESSOR'] as const;
const FORMAT = [
  ...FIELDS.map((field) => `%{${field}}\\n`),
  // rpm gives a source RPM the architecture of the machine that made it.
  '%|SOURCEPACKAGE?{src}:{%{ARCH}}|\\n%|SOURCEPACKAGE?{}:{%{SOURCERPM}}|\\n',
  '[requires %{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\\n]',
  '[provides %{PROVIDENAME} %{PROVIDEFLAGS:depflags} %{PROVIDEVERSION}\\n]',
  '[%{FILENAMES}|%{FILEMODES}|%{FILESIZES}|%{FILEDIGESTS}|%{FILELINKTOS}\\n]\\x1e',
].join('');

/** What rpm reads in the headers of files, as text: one for each, in their order. */
export function askRpm(files: readonly string[]): readonly string[] {
  const stdout = execFileSync('rpm', ['-qp', '--nosignature', '--qf', FORMAT.replace('\\x1e', '\x1e'), ...files], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return stdout.split('\x1e').slice(0, -1).map((text) => text.split('\n').map((line) => (/^(requires|provides) /.test(line) ? line.trim().replace(/ +/g, ' ') : line)).join('\n'));
}

/** What crpm reads there, as the same text. */
export function askReader(file: string): string {
  const { name, epoch, version, release, buildTime, buildHost, payloadCompressor, arch, sourcerpm, requires, provides, files } = readRpmHeader(file);
  const relations = (kind: string, list: readonly Relation[]) => list.map((relation) => `${kind} ${formatRelation(relation)}`);
  return [
    ...[name, epoch, version, release, buildTime, buildHost, payloadCompressor, arch, sourcerpm ?? ''],
    ...relations('requires', requires),
    ...relations('provides', provides),
    ...files.map(({ path, mode, size, digest, target }) => [path, mode, size, digest?.replace('sha256:', '') ?? '', target ?? ''].join('|')),
    '',
  ].join('\n');
}

/** rpm prints no epoch where the dependency has none, and 0: is none. */
export const withoutZeroEpochs = (text: string): string => text.replace(/^((?:requires|provides) .* [<=>]+) 0:/gm, '$1 ');

/** Throws where crpm reads an RPM otherwise than rpm does. */
export function mustReadAsRpmDoes(files: readonly string[]): void {
  for (const [i, theirs] of askRpm(files).entries()) {
    const file = files[i] ?? '';
    const ours = withoutZeroEpochs(askReader(file));
    if (ours !== withoutZeroEpochs(theirs)) throw new Error(`crpm reads ${file} otherwise than rpm:\n${ours}\n--- rpm:\n${theirs}`);
  }
}
