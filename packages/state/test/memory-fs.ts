import type { FileStat, Fs } from '../src/index.js';

type Inode = { readonly ino: bigint; mode: number; mtime: bigint; ctime: bigint; links: number } & (
  | { readonly type: 'file'; data: Buffer; /** What fsync made sure of; absent: nothing. */ synced?: Buffer }
  | { readonly type: 'folder'; entries: Map<string, Inode>; synced?: Map<string, Inode> }
  | { readonly type: 'symlink'; readonly target: string }
);
type FileInode = Inode & { type: 'file' };
type FolderInode = Inode & { type: 'folder' };

interface Descriptor {
  readonly inode: Inode;
  readonly append: boolean;
  readonly writable: boolean;
  position: number;
}

/** What a power cut does to what was never synced. */
export interface CrashOptions {
  /** New bytes of a file: gone, gone in part, or there by luck. */
  readonly content: 'lost' | 'cut' | 'kept';
  /** Names made, moved and removed: as at the folder's last fsync, or all there as a journaling file system mostly has them. */
  readonly names: 'synced' | 'all';
}

/** Longest chain of links that is followed. */
const MAX_LINKS = 40;
/** A step of the clock, nanoseconds: every call has its own time, so that no two states of a file look alike. */
const TICK = 1_000_000n;

/**
 * The file system seam in memory, with what state's code relies on: hard links share an inode, link, unlink, rename and chmod change
 * ctime, rename replaces in one step and does nothing between two links of one file, an open file outlives its name, and only what was synced
 * outlives a power cut. Paths are absolute; `/` exists.
 */
export class MemoryFs implements Fs {
  #root: FolderInode;
  #lastIno = 0n;
  #clock: bigint;
  #lastFd = 2;
  readonly #open = new Map<number, Descriptor>();

  constructor(start = 1_700_000_000_000_000_000n) {
    this.#clock = start;
    this.#root = this.#folder(0o755);
    this.#root.synced = new Map();
  }

  /** The disk as the next boot finds it. This one goes on as if nothing had happened: let nobody use it any more. */
  crashed({ content, names }: CrashOptions): MemoryFs {
    const after = new MemoryFs(this.#clock + TICK);
    const copies = new Map<Inode, Inode>();
    const copy = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known) {
        known.links++;
        return known;
      }
      const fresh: Inode = inode.type === 'folder' ? { ...inode, entries: new Map(), links: 2 } : { ...inode, links: 1 };
      copies.set(inode, fresh);
      if (fresh.type === 'file' && inode.type === 'file') {
        fresh.data = Buffer.from(survivor(inode, content));
        fresh.synced = fresh.data;
      }
      if (fresh.type === 'folder' && inode.type === 'folder') {
        for (const [name, child] of (names === 'all' ? inode.entries : inode.synced) ?? []) fresh.entries.set(name, copy(child));
        fresh.synced = new Map(fresh.entries);
      }
      return fresh;
    };
    after.#root = copy(this.#root) as FolderInode;
    after.#lastIno = this.#lastIno;
    return after;
  }

  /** Every path, with the text of files, `-> target` of links, and nothing for folders. */
  listing(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    const visit = (folder: FolderInode, path: string) => {
      for (const [name, inode] of [...folder.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const child = `${path}/${name}`;
        found[child] = inode.type === 'file' ? inode.data.toString() : inode.type === 'symlink' ? `-> ${inode.target}` : '';
        if (inode.type === 'folder') visit(inode, child);
      }
    };
    visit(this.#root, '');
    return found;
  }

  open(path: string, flags: string, mode = 0o666): number {
    const { parent, name, inode } = this.#walk(path, !flags.includes('x'));
    let file = inode;
    if (file && flags.includes('x')) throw failure('EEXIST', 'open', path);
    if (!file) {
      if (flags.startsWith('r')) throw failure('ENOENT', 'open', path);
      file = { type: 'file', data: Buffer.alloc(0), ...this.#fresh(mode & ~0o022) };
      this.#enter(parent, name, file);
    }
    const writable = flags !== 'r';
    if (file.type === 'folder' && writable) throw failure('EISDIR', 'open', path);
    if (flags.startsWith('w') && file.type === 'file') this.#setData(file, Buffer.alloc(0));
    const fd = ++this.#lastFd;
    this.#open.set(fd, { inode: file, append: flags.startsWith('a'), writable, position: 0 });
    return fd;
  }

  read(fd: number, buffer: Uint8Array): number {
    const descriptor = this.#descriptor(fd, 'read');
    if (descriptor.inode.type !== 'file') throw failure('EISDIR', 'read', '');
    const piece = descriptor.inode.data.subarray(descriptor.position, descriptor.position + buffer.length);
    buffer.set(piece);
    descriptor.position += piece.length;
    return piece.length;
  }

  write(fd: number, bytes: Uint8Array, offset: number): number {
    const descriptor = this.#descriptor(fd, 'write');
    const { inode } = descriptor;
    if (inode.type !== 'file' || !descriptor.writable) throw failure('EBADF', 'write', '');
    const piece = bytes.subarray(offset);
    const at = descriptor.append ? inode.data.length : descriptor.position;
    const data = Buffer.alloc(Math.max(inode.data.length, at + piece.length));
    data.set(inode.data);
    data.set(piece, at);
    this.#setData(inode, data);
    descriptor.position = at + piece.length;
    return piece.length;
  }

  truncate(fd: number, size: number): void {
    const { inode, writable } = this.#descriptor(fd, 'ftruncate');
    if (inode.type !== 'file' || !writable) throw failure('EINVAL', 'ftruncate', '');
    const data = Buffer.alloc(size);
    data.set(inode.data.subarray(0, size));
    this.#setData(inode, data);
  }

  fsync(fd: number): void {
    const { inode } = this.#descriptor(fd, 'fsync');
    if (inode.type === 'file') inode.synced = inode.data;
    if (inode.type === 'folder') inode.synced = new Map(inode.entries);
  }

  close(fd: number): void {
    this.#descriptor(fd, 'close');
    this.#open.delete(fd);
  }

  /** Descriptors that nobody closed. */
  get openFiles(): number {
    return this.#open.size;
  }

  readFile(path: string): Buffer {
    const inode = this.#find(path, true, 'open');
    if (inode.type !== 'file') throw failure('EISDIR', 'read', path);
    return Buffer.from(inode.data);
  }

  lstat(path: string): FileStat | undefined {
    let inode: Inode | undefined;
    try {
      ({ inode } = this.#walk(path, false));
    } catch (error) {
      // As node's throwIfNoEntry has it.
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
    if (!inode) return undefined;
    const size = inode.type === 'file' ? inode.data.length : inode.type === 'symlink' ? inode.target.length : 4096;
    const { type, mode, links, ino, mtime, ctime } = inode;
    return { type, size, mode, links, dev: 1n, ino, mtime, ctime };
  }

  chmod(path: string, mode: number): void {
    const inode = this.#find(path, true, 'chmod');
    inode.mode = mode;
    inode.ctime = this.#now();
  }

  readdir(path: string): readonly string[] {
    const inode = this.#find(path, true, 'scandir');
    if (inode.type !== 'folder') throw failure('ENOTDIR', 'scandir', path);
    return [...inode.entries.keys()].sort();
  }

  mkdir(path: string, mode: number): void {
    const parts = path.split('/').filter((part) => part !== '');
    for (let depth = 1; depth <= parts.length; depth++) {
      const part = `/${parts.slice(0, depth).join('/')}`;
      const { parent, name, inode } = this.#walk(part, true);
      // A link that leads nowhere has the name, and holds nothing.
      if (!inode && this.#walk(part, false).inode) throw failure('ENOENT', 'mkdir', path);
      if (!inode) this.#enter(parent, name, this.#folder(mode));
      else if (inode.type !== 'folder') throw failure(depth === parts.length ? 'EEXIST' : 'ENOTDIR', 'mkdir', path);
    }
  }

  rename(from: string, to: string): void {
    const source = this.#walk(from, false);
    const target = this.#walk(to, false);
    if (!source.inode) throw failure('ENOENT', 'rename', from);
    if (source.inode === target.inode) return;
    if (target.above.some((folder) => folder === source.inode)) throw failure('EINVAL', 'rename', to);
    if (source.above.some((folder) => folder === target.inode)) throw failure('ENOTEMPTY', 'rename', to);
    if (target.inode?.type === 'folder') {
      if (source.inode.type !== 'folder') throw failure('EISDIR', 'rename', to);
      if (target.inode.entries.size > 0) throw failure('ENOTEMPTY', 'rename', to);
    } else if (target.inode && source.inode.type === 'folder') throw failure('ENOTDIR', 'rename', to);
    if (target.inode) this.#leave(target.parent, target.name, target.inode);
    this.#leave(source.parent, source.name, source.inode);
    this.#enter(target.parent, target.name, source.inode);
  }

  link(from: string, to: string): void {
    const inode = this.#find(from, false, 'link');
    const target = this.#walk(to, false);
    if (target.inode) throw failure('EEXIST', 'link', to);
    if (inode.type === 'folder') throw failure('EPERM', 'link', from);
    this.#enter(target.parent, target.name, inode);
  }

  symlink(target: string, path: string): void {
    const place = this.#walk(path, false);
    if (place.inode) throw failure('EEXIST', 'symlink', path);
    this.#enter(place.parent, place.name, { type: 'symlink', target, ...this.#fresh(0o777) });
  }

  readlink(path: string): string {
    const inode = this.#find(path, false, 'readlink');
    if (inode.type !== 'symlink') throw failure('EINVAL', 'readlink', path);
    return inode.target;
  }

  unlink(path: string): void {
    const { parent, name, inode } = this.#walk(path, false);
    if (!inode) throw failure('ENOENT', 'unlink', path);
    if (inode.type === 'folder') throw failure('EISDIR', 'unlink', path);
    this.#leave(parent, name, inode);
  }

  remove(path: string): void {
    const stat = this.lstat(path);
    if (!stat) return;
    const { parent, name, inode } = this.#walk(path, false);
    if (inode?.type === 'folder') for (const child of [...inode.entries.keys()]) this.remove(`${path}/${child}`);
    if (inode) this.#leave(parent, name, inode);
  }

  /** The folder that a path lies in, all above it, and what has its name there. `follow`: where that is a link, what it leads to. */
  #walk(path: string, follow: boolean, depth = 0): { readonly parent: FolderInode; readonly above: readonly FolderInode[]; readonly name: string; readonly inode: Inode | undefined } {
    if (!path.startsWith('/')) throw new Error(`not an absolute path: ${path}`);
    if (depth > MAX_LINKS) throw failure('ELOOP', 'open', path);
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    const trail: FolderInode[] = [this.#root];
    if (parts.length === 0) return { parent: this.#root, above: trail, name: '.', inode: this.#root };
    for (const [index, part] of parts.entries()) {
      const parent = trail.at(-1) ?? this.#root;
      const isLast = index === parts.length - 1;
      const inode = part === '..' ? (trail.at(-2) ?? this.#root) : parent.entries.get(part);
      if (inode?.type === 'symlink' && (!isLast || follow)) {
        const here = parts.slice(0, index).join('/');
        return this.#walk([inode.target.startsWith('/') ? inode.target : `/${here}/${inode.target}`, ...parts.slice(index + 1)].join('/'), follow, depth + 1);
      }
      if (isLast) return { parent, above: trail, name: part, inode };
      if (!inode) throw failure('ENOENT', 'open', path);
      if (inode.type !== 'folder') throw failure('ENOTDIR', 'open', path);
      if (part === '..') trail.pop();
      else trail.push(inode);
    }
    throw new Error('unreachable');
  }

  #find(path: string, follow: boolean, call: string): Inode {
    const { inode } = this.#walk(path, follow);
    if (!inode) throw failure('ENOENT', call, path);
    return inode;
  }

  #descriptor(fd: number, call: string): Descriptor {
    const descriptor = this.#open.get(fd);
    if (!descriptor) throw failure('EBADF', call, String(fd));
    return descriptor;
  }

  #enter(parent: FolderInode, name: string, inode: Inode): void {
    parent.entries.set(name, inode);
    parent.mtime = parent.ctime = inode.ctime = this.#now();
    if (inode.type !== 'folder') inode.links++;
  }

  #leave(parent: FolderInode, name: string, inode: Inode): void {
    parent.entries.delete(name);
    parent.mtime = parent.ctime = inode.ctime = this.#now();
    if (inode.type !== 'folder') inode.links--;
  }

  #setData(inode: FileInode, data: Buffer): void {
    inode.data = data;
    inode.mtime = inode.ctime = this.#now();
  }

  #folder(mode: number): FolderInode {
    return { type: 'folder', entries: new Map(), ...this.#fresh(mode), links: 2 };
  }

  #fresh(mode: number): Pick<Inode, 'ino' | 'mode' | 'mtime' | 'ctime' | 'links'> {
    const now = this.#now();
    return { ino: ++this.#lastIno, mode, mtime: now, ctime: now, links: 0 };
  }

  #now(): bigint {
    return (this.#clock += TICK);
  }
}

function survivor({ data, synced }: FileInode, content: CrashOptions['content']): Buffer {
  if (content === 'kept' || synced === data) return data;
  const kept = synced ?? Buffer.alloc(0);
  if (content === 'lost') return kept;
  const grew = data.length >= kept.length && data.subarray(0, kept.length).equals(kept);
  const from = grew ? kept.length : 0;
  return data.subarray(0, from + Math.floor((data.length - from) / 2));
}

function failure(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
}

export interface Faults {
  /** The call that fails, counted from 1; 0: none. */
  readonly failAt: number;
  /** Default `EIO`. */
  readonly code?: string;
  /** Every later call fails too: a dead disk, or a process that was killed. */
  readonly dead?: boolean;
  /** A failing write has written half of what it was given before it fails. */
  readonly torn?: boolean;
}

/** A file system that fails at call number N. To cut the power after call N: `dead` at N + 1, then {@link MemoryFs.crashed}. `arm` sets other faults from then on. */
export function withFaults(disk: Fs, first: Faults): { readonly fs: Fs; calls(): number; arm(next: Faults): void } {
  let faults = first;
  let calls = 0;
  const fs = new Proxy(disk, {
    get: (target, name: keyof Fs) => {
      if (typeof target[name] !== 'function') return target[name];
      const method = target[name].bind(target) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls++;
        const { failAt, code = 'EIO', dead = false, torn = false } = faults;
        if (calls !== failAt && !(dead && calls > failAt && failAt > 0)) return method(...args);
        if (torn && name === 'write' && calls === failAt) {
          const [fd, bytes, offset] = args as [number, Uint8Array, number];
          target.write(fd, bytes.subarray(0, offset + Math.floor((bytes.length - offset) / 2)), offset);
        }
        throw Object.assign(new Error(`${code}: call ${String(failAt)}, ${name}`), { code });
      };
    },
  });
  return { fs, calls: () => calls, arm: (next) => { faults = next; } };
}
