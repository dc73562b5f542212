import { setTimeout } from 'node:timers/promises';
import { screenText, type NodeReporter } from '@crpm/core';
import { execIn } from './exec.js';
import { hashFiles } from './hash-files.js';
import { QEMU, type ClusterEvidence, type LauncherRpm, type Said } from './judge.js';
import type { Kubectl } from './kubectl.js';
import type { Launcher } from './launch.js';
import { parseStream, parseVirsh } from './versions.js';

/** Between two questions to a daemon that is only starting. */
const POLL_MS = 1000;

export interface AskOptions {
  readonly stream: number;
  readonly rpms: readonly LauncherRpm[];
  /** How long libvirt there may take until it answers. */
  readonly timeoutMs: number;
  readonly report: Pick<NodeReporter, 'status' | 'line'>;
  readonly signal: AbortSignal;
}

/** The machine architecture of the node that a virt-launcher runs on, as `uname -m` says it. */
export async function archOf(kubectl: Kubectl, launcher: Launcher, signal: AbortSignal): Promise<string> {
  const { out } = await execIn(kubectl, launcher, ['uname', '-m'], signal);
  return screenText(out.trim());
}

/** Asks a virt-launcher all that the judge wants to know. */
export async function askLauncher(kubectl: Kubectl, launcher: Launcher, { stream, rpms, timeoutMs, report, signal }: AskOptions): Promise<ClusterEvidence> {
  const ask = (argv: readonly string[]) => execIn(kubectl, launcher, argv, signal);
  const say = async (argv: readonly string[]): Promise<Said> => {
    const { code, out, said } = await ask(argv);
    for (const line of out.split('\n').slice(0, 20)) if (line.trim() !== '') report.line(line);
    return code === 0 ? { text: out } : { error: said.at(-1) ?? `it ended with exit code ${code}` };
  };
  report.status('asking libvirt for its version');
  const until = performance.now() + timeoutMs;
  const daemon = ['virsh', 'version', '--daemon'];
  let virsh = await say(daemon);
  // It is up a moment after the container.
  while (!('text' in virsh && parseVirsh(virsh.text)) && performance.now() < until) {
    await setTimeout(Math.max(0, Math.min(POLL_MS, until - performance.now())), undefined, { signal });
    virsh = await say(daemon);
  }
  if ('error' in virsh) report.line(`virsh: ${virsh.error}`);
  const qemu = await say([QEMU, '--version']);
  if ('error' in qemu) report.line(`${QEMU}: ${qemu.error}`);
  const osRelease = await ask(['cat', '/etc/os-release']);
  const imageStream = osRelease.code === 0 ? parseStream(osRelease.out) : undefined;
  const paths = rpms.flatMap(({ files }) => files.map(({ path }) => path));
  report.status(`reading ${paths.length} files of the image`);
  const found = await hashFiles(kubectl, launcher, paths, signal);
  return { stream, rpms, found, virsh, qemu, ...(imageStream === undefined ? {} : { imageStream }) };
}
