import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Sets of `image/packages.json` on top of its `base`. */
export type PackageSet = 'libvirt' | 'libvirt-dbus' | 'qemu';

export interface TestImageOptions {
  /** `unix:///…` of the engine that gets the image. */
  readonly dockerHost: string;
  /** Default: libvirt-dbus and qemu, enough for all tests. libvirt itself takes 250 MB more. */
  readonly sets?: readonly PackageSet[];
  /** A short name for the image beside the hash. Default: `dev`. */
  readonly tag?: string;
  readonly log?: (line: string) => void;
}

const RECIPE = join(import.meta.dirname, 'image');
const REPOSITORY = 'localhost/crpm-test-base';

/**
 * Makes the Debian-based RPM build image of the tests available in an engine and gives its reference, `localhost/crpm-test-base:<hash of the recipe>`; a
 * short tag points to the same image. The root filesystem is made once (about a minute, needs root and Debian's archive) and kept as a tar under `$CRPM_TEST_CACHE`
 * (default `~/.cache/crpm-test`), so that the next engine gets it in seconds.
 */
export async function prepareTestImage(options: TestImageOptions): Promise<string> {
  const log = options.log ?? ((line) => console.warn(line));
  const sets = [...(options.sets ?? (['libvirt-dbus', 'qemu'] as const))].sort();
  const apt = await aptSources();
  const reference = `${REPOSITORY}:${recipeHash(sets, apt.suite)}`;
  const docker = (...argv: string[]) => execa('docker', ['--host', options.dockerHost, ...argv]);

  const known = await execa('docker', ['--host', options.dockerHost, 'image', 'inspect', reference], { reject: false });
  if (known.exitCode !== 0) {
    const tar = await rootfsTar(reference.split(':')[1]!, sets, apt, log);
    log(`importing ${reference}`);
    await docker('import', tar, reference);
  }
  await docker('tag', reference, `${REPOSITORY}:${options.tag ?? 'dev'}`);
  return reference;
}

/** The root filesystem of that image as a tar, for engines that are no Docker Engine; made if it is not there. */
export async function testRootfs({ sets: wanted = ['libvirt-dbus', 'qemu'], log = (line) => console.warn(line) }: Pick<TestImageOptions, 'sets' | 'log'> = {}): Promise<string> {
  const sets = [...wanted].sort();
  const apt = await aptSources();
  return rootfsTar(recipeHash(sets, apt.suite), sets, apt, log);
}

/** Changes whenever the image would: the recipe's files, the packages asked for, the suite. */
function recipeHash(sets: readonly string[], suite: string): string {
  const hash = createHash('sha256');
  for (const file of ['rootfs.sh', 'macros.crpm', 'fedora-names.tsv', 'packages.json']) hash.update(readFileSync(join(RECIPE, file))).update('\0');
  return hash.update(JSON.stringify([sets, suite])).digest('hex').slice(0, 16);
}

async function rootfsTar(hash: string, sets: readonly string[], apt: AptSources, log: (line: string) => void): Promise<string> {
  const cache = process.env['CRPM_TEST_CACHE'] ?? join(homedir(), '.cache', 'crpm-test');
  const tar = join(cache, `rootfs-${hash}.tar`);
  if (existsSync(tar)) return tar;
  if (process.getuid?.() !== 0) throw new Error(`making the test image needs root (debootstrap); run the tests as root once, or copy ${tar} from where it was made`);
  mkdirSync(cache, { recursive: true });
  const release = await exclusive(join(cache, 'lock'));
  try {
    // Somebody else may have made it while we waited.
    if (!existsSync(tar)) await makeTar(tar, cache, sets, apt, log);
  } finally {
    await release();
  }
  return tar;
}

/** Holds a file lock until the returned function is called, or this process dies: apt's cache of packages takes one user at a time. */
async function exclusive(file: string): Promise<() => Promise<void>> {
  const holder = execa('flock', [file, 'sh', '-c', 'echo held; cat'], { stdin: 'pipe', buffer: false });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.catch(reject);
  });
  return async () => {
    holder.stdin.end();
    await holder;
  };
}

async function makeTar(tar: string, cache: string, sets: readonly string[], apt: AptSources, log: (line: string) => void): Promise<void> {
  const packages = JSON.parse(readFileSync(join(RECIPE, 'packages.json'), 'utf8')) as Record<string, string[]>;
  const wanted = ['base', ...sets].flatMap((set) => packages[set] ?? []);
  const work = mkdtempSync(join(tmpdir(), 'crpm-rootfs-'));
  try {
    log(`making the test image’s root filesystem from ${apt.mirror} (${apt.suite}); about a minute, then it is kept in ${cache}`);
    const sources = join(work, 'sources.list');
    writeFileSync(sources, apt.list);
    const root = join(work, 'root');
    await execa(join(RECIPE, 'rootfs.sh'), [root, apt.suite, apt.mirror, sources, join(cache, 'debs'), ...wanted], { all: true });
    const partial = `${tar}.${process.pid}`;
    await execa('tar', ['--create', '--numeric-owner', '--sort=name', '--one-file-system', '--file', partial, '--directory', root, '.']);
    renameSync(partial, tar);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface AptSources {
  readonly mirror: string;
  readonly suite: string;
  /** A `sources.list` with the Debian archives of this machine. */
  readonly list: string;
}

/** The mirrors that this machine itself uses, whatever they are; security and updates included. */
async function aptSources(): Promise<AptSources> {
  const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const lines = [...new Set(stdout.split('\n'))].map((line) => line.split('|')).filter(([, , component, origin]) => origin === 'Debian' && component === 'main');
  const main = lines.find(([, release]) => release !== undefined && /^[a-z]+$/.test(release));
  if (!main) throw new Error('apt knows no Debian archive; run apt-get update, or look at /etc/apt/sources.list.d');
  const [mirror, suite] = main as [string, string];
  const list = lines.map(([uri, release, component]) => `deb ${uri} ${release} ${component}\n`).join('');
  return { mirror, suite, list };
}
