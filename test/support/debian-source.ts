import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * The upstream tarball of a Debian source package, fetched once with `apt-get source --download-only` from the archive that this machine
 * uses, and kept under `$CRPM_TEST_CACHE`. The machine's own lists of sources are read and not changed: apt gets a folder of its own.
 */
export async function debianTarball(name: string, log: (line: string) => void = (line) => console.warn(line)): Promise<string> {
  const cache = join(process.env['CRPM_TEST_CACHE'] ?? join(homedir(), '.cache', 'crpm-test'), 'sources');
  const known = existsSync(cache) ? tarballIn(cache, name) : undefined;
  if (known !== undefined) return join(cache, known);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'crpm-source-'));
  try {
    log(`fetching the source of ${name}; it is kept in ${cache}`);
    const options = aptOptions(work);
    await execa('apt-get', [...options, 'update'], { cwd: work });
    await execa('apt-get', [...options, 'source', '--download-only', '--tar-only', name], { cwd: work });
    const tarball = tarballIn(work, name);
    if (tarball === undefined) throw new Error(`apt-get source gave no tarball of ${name}: ${readdirSync(work).join(', ')}`);
    await execa('cp', [join(work, tarball), join(cache, `${tarball}.new`)]);
    renameSync(join(cache, `${tarball}.new`), join(cache, tarball));
    return join(cache, tarball);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function tarballIn(folder: string, name: string): string | undefined {
  return readdirSync(folder).find((file) => file.startsWith(`${name}_`) && /\.orig\.tar\.[a-z0-9]+$/.test(file));
}

/** apt with its lists and its cache below `work`, and with the sources of the archive that this machine installs from. */
function aptOptions(work: string): readonly string[] {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'etc']) mkdirSync(join(work, folder), { recursive: true });
  const list = join(work, 'etc', 'source.list');
  writeFileSync(list, sourceLines().join('\n') + '\n');
  return ['-o', `Dir::Etc::sourcelist=${list}`, '-o', 'Dir::Etc::sourceparts=/dev/null', '-o', `Dir::State::lists=${join(work, 'lists')}`, '-o', `Dir::Cache=${join(work, 'cache')}`, '-o', 'APT::Sandbox::User=root'];
}

/** `deb-src` lines for Debian's own archive, from both forms of its list. */
function sourceLines(): readonly string[] {
  const modern = '/etc/apt/sources.list.d/debian.sources';
  if (existsSync(modern)) return readFileSync(modern, 'utf8').split(/\n\s*\n/).flatMap(stanzaLines);
  return readFileSync('/etc/apt/sources.list', 'utf8')
    .split('\n')
    .flatMap((line) => (/^deb\s.*debian/.test(line) ? [line.replace(/^deb\s/, 'deb-src ')] : []));
}

function stanzaLines(stanza: string): readonly string[] {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
  const key = field('Signed-By')[0];
  return field('URIs').flatMap((uri) => field('Suites').map((suite) => `deb-src ${key ? `[signed-by=${key}] ` : ''}${uri} ${suite} ${field('Components').join(' ')}`));
}
