import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { onPath } from './dockerd.js';

export type Rights = 'root' | 'rootless';

/** A Podman of the tests' own, behind its Docker-compatible socket. */
export interface Podman {
  /** `unix:///…` */
  readonly host: string;
  stop(): Promise<void>;
}

const READY_WITHIN = 60_000;

/** Why none can be started here; nothing if one can. */
export function cannotStartPodman(rights: Rights): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a Podman of the tests’ own needs Linux and root';
  const programs = ['podman', 'ip', 'setpriv', 'unshare', ...(rights === 'rootless' ? ['newuidmap', 'slirp4netns'] : [])];
  const lacking = programs.filter((program) => !onPath(program));
  if (lacking.length > 0) return `not installed: ${lacking.join(', ')} (Debian: podman uidmap slirp4netns iproute2 util-linux)`;
  return rights === 'rootless' && !existsSync('/dev/net/tun') ? 'this kernel has no /dev/net/tun' : undefined;
}

/** Starts one in namespaces of its own, which take all that is in them along when this process dies. */
export async function startPodman(rights: Rights): Promise<Podman> {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-podman-'));
  // The rootless user has to get through.
  chmodSync(dir, 0o755);
  const log = openSync(join(dir, 'log'), 'a');
  const namespaces = ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child=KILL', '--mount-proc'];
  const child = spawn('setpriv', ['--pdeathsig=KILL', ...namespaces, 'sh', join(import.meta.dirname, 'podman.sh'), dir, rights], { stdio: ['ignore', log, log], cwd: dir, env: { PATH: process.env['PATH'] } });
  closeSync(log);
  const host = `unix://${join(dir, 'run', 'podman.sock')}`;
  const stop = async (): Promise<void> => {
    await kill(child);
    if (rights === 'root') removeCgroups();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await ready(host, child);
  } catch (error) {
    const tail = readFileSync(join(dir, 'log'), 'utf8').trimEnd().split('\n').slice(-5).join('\n');
    await stop();
    throw new Error(`a Podman of the tests’ own (${rights}) did not come up: ${(error as Error).message}\n${tail}`, { cause: error });
  }
  return { host, stop };
}

async function ready(host: string, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + READY_WITHIN; Date.now() < until; await delay(200)) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${String(child.exitCode)}`);
    if ((await execa('docker', ['--host', host, 'version'], { reject: false })).exitCode === 0) return;
  }
  throw new Error(`no answer within ${String(READY_WITHIN / 1000)} s`);
}

/** Podman leaves those of its containers' supervisors behind, in each hierarchy. A cgroup in which something runs can't be removed. */
function removeCgroups(): void {
  const hierarchies = ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))];
  for (const parent of hierarchies.map((folder) => join(folder, 'libpod_parent')).filter((folder) => existsSync(folder))) {
    const below = readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
    for (const folder of [...below, parent]) {
      try {
        rmdirSync(folder);
      } catch {
        // Another Podman's.
      }
    }
  }
}

/** SIGTERM waits for a child that has no reason to end. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => { resolve(); }));
  child.kill('SIGKILL');
  await exited;
}
