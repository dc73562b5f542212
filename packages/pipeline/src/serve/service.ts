import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fail, screenText, type WorkspacePaths } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';
import { repositoryDir } from '../paths.js';
import { serverStatus, startServer, stopServer, type RunningServer, type StartOptions } from './control.js';
import type { Env } from './cri.js';
import { unitFile, unitName, unitText } from './service-unit.js';

/** How long the service may take until it answers. */
const START_MS = 15_000;
const POLL_MS = 100;

export interface InstallOptions extends StartOptions {
  readonly env: Env;
}

export interface Installed {
  readonly server: RunningServer;
  /** Absolute path of the unit. */
  readonly unit: string;
  /** False: all was as it should be. */
  readonly changed: boolean;
  /** Whether the user's manager runs without a login, so that the service is there after a reboot; absent where nobody can tell. */
  readonly lingers?: boolean;
}

/**
 * Makes the workspace's server a service of the user's systemd. The server that crpm itself started gives way to it. A second time it changes nothing, or what changed:
 * port, node, crpm. Fails with class `environment`, the unit in its lines, where there is no such systemd.
 */
export async function installService(options: InstallOptions): Promise<Installed> {
  const { workspace, serverEntry, env } = options;
  const before = await serverStatus(options);
  const server = { workspace: workspace.id, repoDir: repositoryDir(workspace), port: options.port ?? before.port };
  const text = unitText({ node: process.execPath, serverEntry, server });
  const unit = unitFile(workspace.id, env);
  const name = unitName(workspace.id);
  const systemctl = manager(env);
  const there = await systemctl(['show-environment']);
  if (!there.ok) {
    fail({
      class: 'environment',
      message: `there is no systemd of the user here to serve by: ${there.said}`,
      next: `Without it, crpm starts the server whenever a command needs it. Where there is one, the lines go into ${unit}; then systemctl --user enable --now ${name}.`,
      lines: text.split('\n').slice(0, -1),
    });
  }
  if (readText(unit) === text && before.running && (await isUp(systemctl, name))) return { server: before, unit, changed: false, ...(await lingering(env)) };
  for (const file of [unit, mark(workspace)]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomic(unit, text);
  writeFileAtomic(mark(workspace), `${unit}\n`);
  await must(systemctl, ['daemon-reload']);
  // It has the port.
  await stopServer(options);
  await must(systemctl, ['enable', name]);
  await must(systemctl, ['restart', name]);
  const up = await answers(options);
  if (!up) {
    const { said } = await systemctl(['status', '--no-pager', '--lines=10', name]);
    await uninstallService(options);
    await startServer(options);
    fail({ class: 'environment', message: `the service ${name} did not come up; the repository is served as before, without it`, next: 'The lines say what systemd has to tell of it.', lines: said.split('\n').slice(-10) });
  }
  // Puts it on record.
  return { server: await startServer(options), unit, changed: true, ...(await lingering(env)) };
}

/** Ends the service and removes its unit. Says whether there was one. */
export async function uninstallService({ workspace, env }: Pick<InstallOptions, 'workspace' | 'env'>): Promise<boolean> {
  const unit = installedUnit(workspace) ?? unitFile(workspace.id, env);
  if (!existsSync(unit)) return false;
  const systemctl = manager(env);
  await systemctl(['disable', '--now', unitName(workspace.id)]);
  rmSync(unit, { force: true });
  rmSync(mark(workspace), { force: true });
  await systemctl(['daemon-reload']);
  return true;
}

/** Has the service started, where it is installed. Whether it answers then is another question. */
export async function startService(workspace: WorkspacePaths, env: Env): Promise<boolean> {
  return installedUnit(workspace) !== undefined && (await manager(env)(['start', unitName(workspace.id)])).ok;
}

/** The unit of this workspace, if it is still there. */
export function installedUnit(workspace: WorkspacePaths): string | undefined {
  const unit = readText(mark(workspace)).trim();
  return unit !== '' && existsSync(unit) ? unit : undefined;
}

const mark = (workspace: WorkspacePaths): string => join(workspace.state, 'serve', 'unit');

type Systemctl = (args: readonly string[]) => Promise<{ readonly ok: boolean; readonly said: string }>;

function manager(env: Env): Systemctl {
  return (args) => call('systemctl', ['--user', ...args], env);
}

async function call(program: string, args: readonly string[], env: Env): Promise<{ readonly ok: boolean; readonly said: string }> {
  const { execa } = await import('execa');
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const { failed, all, shortMessage } = await execa(program, args, { env: given, extendEnv: false, reject: false, stdin: 'ignore', all: true, timeout: 30_000 });
  const said = (all ?? '').split('\n').map(screenText).join('\n').trim();
  return { ok: !failed, said: said || (failed ? (shortMessage ?? '') : '') };
}

async function must(systemctl: Systemctl, args: readonly string[]): Promise<void> {
  const { ok, said } = await systemctl(args);
  if (!ok) fail({ class: 'environment', message: `systemctl --user ${args.join(' ')} failed: ${said.split('\n').at(-1) ?? ''}`, next: 'crpm serve --uninstall takes back what was done; crpm serve serves without systemd.' });
}

async function isUp(systemctl: Systemctl, name: string): Promise<boolean> {
  return (await systemctl(['is-active', name])).ok && (await systemctl(['is-enabled', name])).ok;
}

async function answers(options: InstallOptions): Promise<boolean> {
  for (const until = performance.now() + START_MS; performance.now() < until; await setTimeout(POLL_MS)) {
    if ((await serverStatus(options)).running) return true;
  }
  return false;
}

async function lingering(env: Env): Promise<{ readonly lingers?: boolean }> {
  const { ok, said } = await call('loginctl', ['show-user', userInfo().username, '--property=Linger', '--value'], env);
  return ok && (said === 'yes' || said === 'no') ? { lingers: said === 'yes' } : {};
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
