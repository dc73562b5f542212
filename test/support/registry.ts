import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The registry of the distribution (CNCF distribution, as Debian packages it), on a port of its own; `skipped` says why there is none. */
export async function startRegistry(folder: string, options: RegistryOptions = {}): Promise<TestRegistry | { readonly skipped: string }> {
  const program = PROGRAMS.find((name) => (process.env['PATH'] ?? '').split(':').some((path) => existsSync(join(path, name))));
  if (program === undefined) return { skipped: 'docker-registry is not on PATH' };
  const registry = new TestRegistry(program, folder, options);
  await registry.start();
  return registry;
}

/** Debian's name, and Fedora's. */
const PROGRAMS = ['docker-registry', 'registry'];

export interface RegistryOptions {
  /** Where its blobs are; below `folder` unless given. */
  readonly data?: string;
  /** Refuses all that would change it. */
  readonly readOnly?: boolean;
  /** Address of this machine that it listens on; 127.0.0.1 unless given. */
  readonly address?: string;
  /** Speaks https, with this certificate and its key: paths. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Lines of a `.htpasswd` file, with bcrypt; whoever is not in it is turned away. */
  readonly users?: string;
}

export class TestRegistry {
  readonly data: string;
  readonly #program: string;
  readonly #folder: string;
  readonly #options: RegistryOptions;
  #process: ChildProcess | undefined;
  #address: string;

  constructor(program: string, folder: string, options: RegistryOptions) {
    this.#program = program;
    this.#folder = folder;
    this.data = options.data ?? join(folder, 'data');
    this.#options = options;
    this.#address = `${options.address ?? '127.0.0.1'}:0`;
    mkdirSync(folder, { recursive: true });
  }

  /** `127.0.0.1:34567` */
  get host(): string {
    return this.#address;
  }

  /** Starts it, at the address that it had before, if it had one. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'config.json');
    const users = join(this.#folder, 'htpasswd');
    if (this.#options.users !== undefined) writeFileSync(users, `${this.#options.users}\n`);
    const auth = this.#options.users === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: users } } };
    const storage = { filesystem: { rootdirectory: this.data }, delete: { enabled: true }, ...(this.#options.readOnly ? { maintenance: { readonly: { enabled: true } } } : {}) };
    // JSON is YAML. With a secret of its own, uploads go on after it was killed.
    writeFileSync(file, JSON.stringify({ version: '0.1', log: { level: 'info', formatter: 'text' }, storage, ...auth, http: { addr: this.#address, secret: 'of the test', ...(this.#options.tls && { tls: this.#options.tls }) } }));
    const child = spawn(this.#program, ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      const address = /listening on ([\d.]+:\d+)/.exec(line)?.[1];
      if (address === undefined) continue;
      this.#address = address;
      // Nobody reads what it logs from now on, and it must not wait for that.
      child.stderr.resume();
      return;
    }
    throw new Error(`${this.#program} did not start:\n${said.join('\n')}`);
  }

  /** SIGKILL, as a machine that goes down. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** The files in which it keeps blobs. */
  blobs(): readonly string[] {
    const root = join(this.data, 'docker/registry/v2/blobs/sha256');
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('/data')).map((path) => join(root, path));
  }
}
