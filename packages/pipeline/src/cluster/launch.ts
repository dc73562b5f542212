import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fail, screenText, type NodeReporter, type WorkspacePaths } from '@crpm/core';
import type { Container } from './exec.js';
import { isObject, listAt, textAt } from './json.js';
import { must, refused, type Kubectl } from './kubectl.js';
import { COMPUTE, podState, type PodState } from './pod-state.js';
import { ATTEMPT_LABEL, OWNER_LABEL, ownVmi, type readVmi } from './vmi.js';

const KIND = 'virtualmachineinstances.kubevirt.io';
const POLL_MS = 1000;
/** Deleting what was made, after a Ctrl-C too. */
const DELETE_MS = 90_000;
const EVENTS = 12;
/** Questions in a row that may stay without an answer: an API server that is started again is back in seconds. */
const UNANSWERED = 5;

/** A virt-launcher that runs. */
export interface Launcher extends Container {
  /** As the pod says it, with the digest that the node pulled, where it tells. */
  readonly image: string;
}

export interface LaunchOptions {
  readonly manifest: ReturnType<typeof readVmi>;
  readonly workspace: WorkspacePaths;
  readonly timeoutMs: number;
  readonly report: NodeReporter;
  readonly signal: AbortSignal;
}

/**
 * Starts the machine under a name of its own, waits until its virt-launcher runs, hands that to `use`, and deletes the machine whatever happened: success, failure or a
 * Ctrl-C. What a run of this workspace on this machine left behind when it was killed goes first. The caller holds the workspace.
 */
export async function withLauncher<T>(kubectl: Kubectl, options: LaunchOptions, use: (launcher: Launcher) => Promise<T>): Promise<T> {
  const { manifest, workspace, report, signal } = options;
  const marks = { name: `crpm-verify-${randomBytes(4).toString('hex')}`, owner: ownerOf(workspace) };
  const vmi = await ownVmi(manifest, marks);
  const declared = textAt(vmi, 'metadata', 'namespace');
  const inSpace = declared === undefined ? [] : ['--namespace', declared];
  await remove(kubectl, [...inSpace, '--selector', `${OWNER_LABEL}=${marks.owner}`], signal);
  report.status(`starting ${marks.name}`);
  let result: { readonly value: T } | undefined;
  try {
    const created = parse(await must(kubectl, ['create', ...inSpace, '--filename', '-', '--output', 'json'], { signal, input: JSON.stringify(vmi) }));
    const namespace = textAt(created, 'metadata', 'namespace') ?? declared ?? 'default';
    result = { value: await use(await waitFor(kubectl, { ...options, namespace, name: marks.name })) };
    return result.value;
  } finally {
    // The run's own signal may be spent.
    report.status(`deleting ${marks.name}`);
    try {
      await remove(kubectl, [...inSpace, '--selector', `${ATTEMPT_LABEL}=${marks.name}`], AbortSignal.timeout(DELETE_MS));
    } catch (error) {
      const left = `${marks.name} could not be deleted; it is still in the cluster`;
      report.warn(`${left}: ${kubectl.name} delete vmi ${[...inSpace, marks.name].join(' ')}`);
      // A failure of its own comes first.
      if (result) throw error;
    }
  }
}

async function remove(kubectl: Kubectl, which: readonly string[], signal: AbortSignal): Promise<void> {
  await must(kubectl, ['delete', KIND, ...which, '--ignore-not-found', '--wait=true', `--timeout=${(DELETE_MS - 10_000) / 1000}s`], { signal, timeoutMs: DELETE_MS });
}

/** Whose a machine is: this workspace, of this machine; others may share the cluster, with folders of the same names. */
function ownerOf(workspace: WorkspacePaths): string {
  let machine = hostname();
  try {
    machine += readFileSync('/etc/machine-id', 'utf8');
  } catch {
    // Containers often have none.
  }
  return `${createHash('sha256').update(`${machine}\n${workspace.state}`).digest('hex').slice(0, 12)}.${workspace.id}`;
}

async function waitFor(kubectl: Kubectl, { namespace, name, timeoutMs, report, signal }: LaunchOptions & { readonly namespace: string; readonly name: string }): Promise<Launcher> {
  const selector = `kubevirt.io=virt-launcher,${ATTEMPT_LABEL}=${name}`;
  const until = performance.now() + timeoutMs;
  let state: PodState = { phase: 'absent', waitsFor: `no pod with the labels ${selector} yet` };
  const question = ['get', 'pods', '--namespace', namespace, '--selector', selector, '--output', 'json'];
  for (let told = '', unanswered = 0; ; ) {
    const answer = await kubectl.ask(question, { signal });
    if (!answer.ok && ++unanswered >= UNANSWERED) refused(kubectl, question, answer);
    if (answer.ok) {
      unanswered = 0;
      state = podState(parse(answer.out));
    }
    if (state.phase === 'running') return { namespace, pod: state.pod, container: COMPUTE, image: state.image };
    if (state.phase === 'ended' || performance.now() >= until) break;
    if (state.waitsFor !== told) report.status((told = state.waitsFor));
    await setTimeout(Math.max(0, Math.min(POLL_MS, until - performance.now())), undefined, { signal });
  }
  const waited = state.phase === 'ended' ? `virt-launcher of ${name} ended before anything could be asked of it` : `virt-launcher of ${name} did not run within ${timeoutMs / 1000} s`;
  return fail({
    class: 'environment',
    message: `${waited}: ${state.waitsFor}`,
    next: 'The lines are what the cluster says of it. cluster.timeout waits longer; cluster.vmi names another machine.',
    lines: await eventsOf(kubectl, namespace, name, signal),
  });
}

/** What the cluster noted about the machine and its pods, oldest first. */
async function eventsOf(kubectl: Kubectl, namespace: string, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await kubectl.ask(['get', 'events', '--namespace', namespace, '--sort-by', '.lastTimestamp', '--output', 'json'], { signal });
  const lines = (answer.ok ? listAt(parse(answer.out), 'items') : []).flatMap((event) => {
    const about = textAt(event, 'involvedObject', 'name') ?? '';
    if (!about.includes(name)) return [];
    return [screenText(`${textAt(event, 'involvedObject', 'kind') ?? ''} ${about}: ${textAt(event, 'reason') ?? ''}: ${textAt(event, 'message') ?? ''}`)];
  });
  return lines.slice(-EVENTS);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  return fail({ class: 'environment', message: 'kubectl printed something other than the JSON that it was asked for', next: 'See whether cluster.kubectl names a kubectl.' });
}
