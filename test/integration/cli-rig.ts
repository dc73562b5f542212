import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const REPOSITORY = join(import.meta.dirname, '..', '..');
/** The built command line. */
export const CRPM = join(REPOSITORY, 'packages/cli/dist/crpm.js');

export interface Ended {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** A temporary folder with a config, crpm's own folders beside it, and the real binary. */
export class CliRig {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'crpm-cli-')));
  /** The folder that crpm is started in. */
  readonly work = join(this.root, 'work');
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    if (!existsSync(CRPM)) throw new Error(`${CRPM} is not built; npm run build makes it, and npm test does so by itself`);
    mkdirSync(this.work);
    // Nothing of the developer's own shell may steer crpm, and nothing of crpm may land in their folders.
    this.env = { PATH: process.env['PATH'], HOME: join(this.root, 'home'), XDG_STATE_HOME: join(this.root, 'state'), XDG_CACHE_HOME: join(this.root, 'cache') };
    mkdirSync(join(this.root, 'home'));
  }

  /** Writes files, by path relative to {@link work}. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.work, path)), { recursive: true });
      writeFileSync(join(this.work, path), text);
    }
  }

  /** Runs `crpm` to its end. */
  async crpm(argv: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {}): Promise<Ended> {
    const { exitCode, stdout, stderr } = await this.start(argv, options);
    return { code: exitCode, out: stdout, err: stderr };
  }

  /** Starts `crpm` in a process group of its own. */
  start(argv: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly nodeOptions?: readonly string[] } = {}) {
    return execa(process.execPath, [...(options.nodeOptions ?? []), CRPM, ...argv], {
      cwd: options.cwd ?? this.work,
      env: { ...this.env, ...options.env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      detached: true,
    });
  }

  /**
   * Runs `crpm` and says which npm packages it really evaluated. They are in one bundled file, each module a function of its own that runs when somebody needs it; V8
   * counts the calls.
   */
  async packagesOf(argv: readonly string[]): Promise<Ended & { readonly packages: readonly string[] }> {
    const folder = mkdtempSync(join(this.root, 'coverage-'));
    const ended = await this.crpm(argv, { env: { NODE_V8_COVERAGE: folder } });
    const packages = new Set<string>();
    for (const file of readdirSync(folder)) {
      const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: readonly { functions: readonly { functionName: string; ranges: readonly { count: number }[] }[] }[] };
      for (const { functionName, ranges } of result.flatMap(({ functions }) => functions)) {
        const name = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(functionName)?.[1];
        if (name !== undefined && (ranges[0]?.count ?? 0) > 0) packages.add(name);
      }
    }
    return { ...ended, packages: [...packages].sort() };
  }

  remove(): void {
    // A crpm that told its summary may still be putting things away.
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A program for `tasks` that tells the test when it starts, and ends when the test says so. It prints `text` in between. */
export class Puppet {
  readonly #server: Server;
  readonly #waiting: ((socket: Socket) => void)[] = [];
  readonly #come: Socket[] = [];
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'puppet.sock');
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      const waiting = this.#waiting.shift();
      if (waiting) waiting(socket);
      else this.#come.push(socket);
    }).listen(this.#path);
    writeFileSync(
      join(folder, 'puppet.mjs'),
      `import { connect } from 'node:net';
const socket = connect(${JSON.stringify(this.#path)});
process.on('SIGTERM', () => { if (!process.argv.includes('--stubborn')) process.exit(1); });
socket.on('data', (data) => process.exit(Number(data.toString())));
console.log('puppet is up');
`,
    );
  }

  /** Value of `run` in a task of a config. */
  command(folder: string, ...options: readonly string[]): string {
    return JSON.stringify([process.execPath, join(folder, 'puppet.mjs'), ...options]);
  }

  /** Resolves when a task has started. `end` lets it exit, `gone` resolves when its process is. */
  async started(): Promise<{ end(code: number): void; readonly gone: Promise<void> }> {
    const socket = this.#come.shift() ?? (await new Promise<Socket>((resolve) => this.#waiting.push(resolve)));
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    return { end: (code) => void socket.write(String(code)), gone };
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#come) socket.destroy();
  }
}
