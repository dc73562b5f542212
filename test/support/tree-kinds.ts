import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { debianTarball } from './debian-source.js';

/** What libvirt-dbus says of itself, in the text of its binary. */
const SAYING = 'Provide a D-Bus interface to a libvirtd.';

/** A tree to build from, whose sources say `marker`. */
export interface MarkedTree {
  /** The keys of the source in the config. */
  readonly fields: Readonly<Record<string, string>>;
  /** A folder of the user's that may not change. */
  readonly dir?: string;
}

/** Sources of libvirt-dbus in every shape that a developer may have them in. All below one folder, which {@link close} leaves to the caller. */
export class TreeKinds {
  readonly #root: string;
  readonly #origin: string;
  #server: Server | undefined;
  #count = 0;

  private constructor(root: string, origin: string) {
    this.#root = root;
    this.#origin = origin;
  }

  /** Unpacks the sources into a repository with one commit, from which the others are made. */
  static async make(root: string): Promise<TreeKinds> {
    const origin = join(root, 'origin');
    mkdirSync(origin, { recursive: true });
    execFileSync('tar', ['-xf', await debianTarball('libvirt-dbus'), '--strip-components=1', '-C', origin]);
    git(origin, 'init', '--quiet', '--initial-branch=main');
    commitAll(origin);
    return new TreeKinds(root, origin);
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
  }

  /** Each gives a tree whose marker is not committed, or, where crpm gets the tree itself, is in what it gets. */
  readonly kinds: Readonly<Record<string, (marker: string) => Promise<MarkedTree> | MarkedTree>> = {
    'a clone': (marker) => this.#edited(this.#clone(), marker),
    'a linked worktree': (marker) => {
      const dir = this.#fresh();
      git(this.#clone(), 'worktree', 'add', '--quiet', dir);
      return this.#edited(dir, marker);
    },
    'a shallow clone': (marker) => this.#edited(this.#clone('--depth=1', '--no-local'), marker),
    'a clone with alternates': (marker) => this.#edited(this.#clone('--shared'), marker),
    'a tree with a submodule': (marker) => {
      const [part, dir] = [this.#fresh(), this.#clone()];
      cpSync(join(dir, 'src'), part, { recursive: true });
      git(part, 'init', '--quiet', '--initial-branch=main');
      commitAll(part);
      git(dir, 'rm', '--quiet', '-r', 'src');
      git(dir, 'submodule', '--quiet', 'add', `file://${part}`, 'src');
      git(dir, 'commit', '--quiet', '--message=src is a submodule');
      return this.#edited(dir, marker);
    },
    'a detached HEAD': (marker) => {
      const dir = this.#clone();
      git(dir, 'checkout', '--quiet', '--detach');
      return this.#edited(dir, marker);
    },
    'an unborn HEAD': (marker) => {
      const dir = this.#plain();
      git(dir, 'init', '--quiet');
      return this.#edited(dir, marker);
    },
    'a plain folder': (marker) => this.#edited(this.#plain(), marker),
    'a tarball': (marker) => ({ fields: { tarball: this.#tarball(marker, '.tar.xz', '--xz') } }),
    'a tarball at an address': async (marker) => {
      const bytes = readFileSync(this.#tarball(marker, '.tar.gz', '--gzip'));
      await this.close();
      this.#server = createServer((_request, response) => response.end(bytes));
      await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
      return { fields: { tarball: `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/libvirt-dbus.tar.gz` } };
    },
    'a branch of a git address': (marker) => this.#remote(marker, () => 'main'),
    'a tag of a git address': (marker) =>
      this.#remote(marker, (dir) => {
        git(dir, 'tag', '--annotate', '--message=a release', 'v1.4.1-marked');
        return 'v1.4.1-marked';
      }),
    'a commit of a git address': (marker) => this.#remote(marker, (dir) => git(dir, 'rev-parse', 'HEAD').trim()),
  };

  #fresh(): string {
    return join(this.#root, `tree-${String(++this.#count)}`);
  }

  #clone(...options: readonly string[]): string {
    const dir = this.#fresh();
    git(this.#root, 'clone', '--quiet', ...options, `file://${this.#origin}`, dir);
    return dir;
  }

  #plain(): string {
    const dir = this.#clone();
    rmSync(join(dir, '.git'), { recursive: true });
    return dir;
  }

  #edited(dir: string, marker: string): MarkedTree {
    say(dir, marker);
    return { fields: { dir }, dir };
  }

  #tarball(marker: string, end: string, packing: string): string {
    const dir = this.#plain();
    say(dir, marker);
    const file = `${dir}${end}`;
    execFileSync('tar', ['--create', packing, '--file', file, '--transform=s,^[.],libvirt-dbus-1.4.1,', '--directory', dir, '.']);
    return file;
  }

  #remote(marker: string, refOf: (dir: string) => string): MarkedTree {
    const dir = this.#clone();
    say(dir, marker);
    commitAll(dir);
    return { fields: { git: `file://${dir}`, ref: refOf(dir) } };
  }
}

/** Changes the saying in the sources to a marker. */
function say(dir: string, marker: string): void {
  const file = join(dir, 'src/main.c');
  const text = readFileSync(file, 'utf8');
  if (!text.includes(SAYING)) throw new Error('src/main.c of libvirt-dbus is not as it was');
  writeFileSync(file, text.replace(SAYING, marker));
}

function commitAll(dir: string): void {
  git(dir, 'add', '--all', '--force');
  git(dir, 'commit', '--quiet', '--message=libvirt-dbus 1.4.1');
}

function git(dir: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', '-c', 'protocol.file.allow=always', ...args], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
