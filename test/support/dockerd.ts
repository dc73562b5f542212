import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

/** Set for all tests when an engine may be used; by the caller, or by {@link setup}. */
export const HOST_VARIABLE = 'CRPM_TEST_DOCKER_HOST';

/** Says why there is none, for the tests that skip. */
export const SKIP_VARIABLE = 'CRPM_TEST_DOCKER_SKIPPED';

const READY_WITHIN = 60_000;
const STOPPED_WITHIN = 30_000;

export interface Dockerd {
  /** `unix:///…` */
  readonly host: string;
  stop(): Promise<void>;
}

/**
 * Starts a Docker daemon of the tests' own: socket, data, containerd namespace and bridge belong to it alone, and it touches neither the machine's firewall
 * nor its forwarding, so a Docker of the user's is not disturbed. Containers on its bridge reach each other but not the world; those on the host network do.
 * It dies with this process.
 */
export async function startDockerd(): Promise<Dockerd> {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-dockerd-'));
  const id = randomBytes(3).toString('hex');
  const bridge = `crpm${id}`;
  const socket = join(dir, 'docker.sock');
  const logFile = join(dir, 'log');
  await makeBridge(bridge);
  const log = openSync(logFile, 'a');
  const argv = [
    '--pdeathsig=TERM',
    'dockerd',
    ...['--host', `unix://${socket}`],
    ...['--data-root', join(dir, 'root'), '--exec-root', join(dir, 'exec'), '--pidfile', join(dir, 'pid')],
    ...['--containerd-namespace', `crpm-${id}`, '--containerd-plugins-namespace', `crpm-plugins-${id}`],
    ...['--bridge', bridge, '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--userland-proxy=false'],
  ];
  const child = spawn('setpriv', argv, { stdio: ['ignore', log, log], cwd: dir });
  closeSync(log);
  const stop = async (): Promise<void> => {
    await terminate(child);
    await unmountBelow(dir);
    await execa('ip', ['link', 'delete', bridge], { reject: false });
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await ready(socket, child);
  } catch (error) {
    const tail = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n') : '';
    await stop();
    throw new Error(`a private dockerd did not come up: ${(error as Error).message}\n${tail}`, { cause: error });
  }
  return { host: `unix://${socket}`, stop };
}

/** Why no daemon can be started here; nothing if one can. */
export function cannotStart(): string | undefined {
  if (process.platform !== 'linux') return 'a private dockerd needs Linux';
  if (process.getuid?.() !== 0) return 'a private dockerd needs root';
  const lacking = ['dockerd', 'ip', 'setpriv'].filter((program) => !onPath(program));
  return lacking.length === 0 ? undefined : `not installed: ${lacking.join(', ')} (Debian: docker.io, iproute2, util-linux)`;
}

/** vitest's globalSetup: an engine for all files of a run, or a loud word about what is skipped. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[HOST_VARIABLE]) {
    process.env['DOCKER_HOST'] = process.env[HOST_VARIABLE];
    return undefined;
  }
  const why = cannotStart();
  if (why !== undefined) return skip(why);
  let dockerd: Dockerd;
  try {
    dockerd = await startDockerd();
  } catch (error) {
    return skip((error as Error).message);
  }
  process.env[HOST_VARIABLE] = process.env['DOCKER_HOST'] = dockerd.host;
  return () => dockerd.stop();
}

function skip(why: string): undefined {
  console.warn(`\n*** SKIPPED: every test that needs a container engine: ${why}\n`);
  process.env[SKIP_VARIABLE] = why;
  // A test that asks for an engine all the same must never find the user's.
  process.env['DOCKER_HOST'] = 'unix:///nonexistent/crpm-tests-have-no-engine.sock';
  return undefined;
}

/** A bridge that no other network of this machine overlaps; its own, for dockerd changes rules of the default one. */
async function makeBridge(name: string): Promise<void> {
  const { stdout } = await execa('ip', ['-4', '-o', 'address']);
  const subnet = Array.from({ length: 200 }, (_, i) => `10.213.${i}`).find((prefix) => !stdout.includes(`${prefix}.`));
  if (!subnet) throw new Error('no free network for the bridge of the tests');
  await execa('ip', ['link', 'add', name, 'type', 'bridge']);
  await execa('ip', ['address', 'add', `${subnet}.1/24`, 'dev', name]);
  await execa('ip', ['link', 'set', name, 'up']);
}

async function ready(socket: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_WITHIN;
  let failed: string | undefined;
  child.once('error', (error) => (failed = error.message));
  while (Date.now() < until) {
    if (failed !== undefined) throw new Error(failed);
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    if (await ping(socket)) return;
    await delay(100);
  }
  throw new Error(`no answer within ${READY_WITHIN / 1000} s`);
}

function ping(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path: '/_ping', timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.once('timeout', () => asked.destroy());
    asked.end();
  });
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN);
  await exited;
  clearTimeout(timer);
}

/** dockerd leaves the mount of its network namespace behind. */
async function unmountBelow(dir: string): Promise<void> {
  const points = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((path) => path.startsWith(`${dir}/`)).reverse()) await execa('umount', ['--lazy', point], { reject: false });
}

export function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
