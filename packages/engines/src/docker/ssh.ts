import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import type { SshEndpoint } from './endpoint.js';

/** Code of an error that says what ssh said; the client knows it. */
const SSH_FAILED = 'SSH_FAILED';

/** Seconds to come through, and for which the connection that others share outlives the last of them. */
const CONNECT = 20;
const SHARED = 30;
/** ssh's own exit code when it could not connect; any other is the far program's. */
const NO_CONNECTION = 255;

/**
 * Connections to a Docker Engine as the docker command makes them: the user's ssh, with all that its configuration, agent and known hosts say, runs `docker system dial-stdio` over there. It asks
 * no questions, for nobody could answer amid a run. All of one agent share one connection, so that only the first costs a handshake.
 */
export class SshAgent extends http.Agent {
  /** Of the shared connection's socket; there once somebody has connected. */
  #control: string | undefined;

  constructor(private readonly endpoint: SshEndpoint) {
    super({ keepAlive: false });
  }

  override createConnection(_options: unknown, connected?: (error: Error | null, stream: Duplex) => void): Duplex {
    const { path } = this.endpoint;
    const control = (this.#control ??= join(socketFolder(), `${String(process.pid)}-${randomBytes(4).toString('hex')}`));
    const shared = ['ControlMaster=auto', `ControlPath=${control}`, `ControlPersist=${String(SHARED)}`, 'BatchMode=yes', `ConnectTimeout=${String(CONNECT)}`];
    const stream = dial(['-T', ...shared.flatMap((option) => ['-o', option]), ...loginOf(this.endpoint), 'docker', ...(path === undefined ? [] : ['--host', `unix://${path}`]), 'system', 'dial-stdio']);
    connected?.(null, stream);
    return stream;
  }

  override destroy(): void {
    super.destroy();
    if (this.#control === undefined) return;
    spawn('ssh', ['-O', 'exit', '-o', `ControlPath=${this.#control}`, ...loginOf(this.endpoint)], { stdio: 'ignore' })
      .on('error', () => {}) // It ends by itself a little later.
      .unref();
  }
}

/**
 * One for all processes of the user, which stays: ssh takes its sockets away itself, even when the process that it served was killed. A folder of that name that is somebody else's is not
 * used, for whoever may write to it could listen in.
 */
function socketFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `crpm-ssh-${String(uid)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0 ? folder : mkdtempSync(`${folder}-`);
}

function loginOf({ user, host, port }: SshEndpoint): readonly string[] {
  return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)]), '--', host];
}

/** What an ssh reads and writes, as a socket. It fails with what ssh said if that ended before a byte came. */
function dial(argv: readonly string[]): Duplex {
  const child = spawn('ssh', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let answered = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-2000); });
  const stream = new Duplex({
    read: () => { child.stdout.resume(); },
    write: (chunk: Buffer, _encoding, done) => { child.stdin.write(chunk, done); },
    final: (done) => { child.stdin.end(done); },
    destroy: (error, done) => { child.kill(); done(error); },
  });
  const failed = (why: string) => { stream.destroy(Object.assign(new Error(why), { code: SSH_FAILED })); };
  child.stdin.on('error', () => {}); // Told by the end of the program.
  child.stdout.on('data', (chunk: Buffer) => {
    answered = true;
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.on('error', (error: NodeJS.ErrnoException) => { failed(error.code === 'ENOENT' ? 'there is no program ssh on this machine' : error.message); });
  // Not the event close: the shared connection keeps the pipe of errors.
  let left = 2;
  let code: number | null = null;
  const over = () => {
    if (--left > 0 || stream.destroyed) return;
    const words = lastLine(said) ?? `ssh ended with exit code ${String(code)}`;
    if (answered) stream.push(null);
    else failed(code === NO_CONNECTION ? words : `docker over there: ${words}`);
  };
  child.stdout.on('end', over);
  child.on('exit', (ended) => {
    code = ended;
    over();
  });
  return stream;
}

function lastLine(text: string): string | undefined {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '').at(-1);
}
