import { screenText } from '@crpm/core';
import { at, listAt, textAt } from './json.js';

/** The container in which QEMU and libvirt run. */
export const COMPUTE = 'compute';

/** Where a virt-launcher pod stands. `waitsFor`: what keeps it, for people. */
export type PodState =
  | { readonly phase: 'absent' | 'waiting' | 'ended'; readonly waitsFor: string }
  | { readonly phase: 'running'; readonly pod: string; readonly image: string };

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** From a list of pods as `kubectl get pods --output json` prints it. With several, the one that is farthest. */
export function podState(list: unknown): PodState {
  const pods = listAt(list, 'items').filter((pod) => at(pod, 'metadata', 'deletionTimestamp') === undefined).map(stateOf);
  return pods.find(({ phase }) => phase === 'running') ?? pods.find(({ phase }) => phase === 'waiting') ?? pods[0] ?? { phase: 'absent', waitsFor: 'there is no virt-launcher pod of it yet' };
}

function stateOf(pod: unknown): PodState {
  const name = textAt(pod, 'metadata', 'name') ?? '';
  if (!NAME.test(name)) return { phase: 'waiting', waitsFor: 'a pod without a proper name' };
  const phase = textAt(pod, 'status', 'phase') ?? 'Unknown';
  const compute = listAt(pod, 'status', 'containerStatuses').find((status) => textAt(status, 'name') === COMPUTE);
  const tell = (text: string) => screenText(`the pod ${name} is ${phase}${text === '' ? '' : `; ${text}`}`);
  if (phase === 'Succeeded' || phase === 'Failed') return { phase: 'ended', waitsFor: tell(textAt(pod, 'status', 'message') ?? '') };
  if (at(compute, 'state', 'running') !== undefined) return { phase: 'running', pod: name, image: imageOf(compute) };
  return { phase: 'waiting', waitsFor: tell(stuck(pod) ?? condition(pod)) };
}

/** A container that waits for something with a message, `ImagePullBackOff`; those that only wait for others have none. */
function stuck(pod: unknown): string | undefined {
  const waiting = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => listAt(pod, 'status', key)).find((status) => textAt(status, 'state', 'waiting', 'message') !== undefined);
  return waiting === undefined ? undefined : `its container ${textAt(waiting, 'name') ?? ''} waits: ${textAt(waiting, 'state', 'waiting', 'reason') ?? ''}: ${textAt(waiting, 'state', 'waiting', 'message') ?? ''}`;
}

/** Why it is not scheduled, or what of it is not ready. */
function condition(pod: unknown): string {
  const failing = listAt(pod, 'status', 'conditions').find((each) => textAt(each, 'status') === 'False' && textAt(each, 'message') !== undefined);
  return textAt(failing, 'message') ?? `its container ${COMPUTE} is not there yet`;
}

function imageOf(status: unknown): string {
  const image = textAt(status, 'image') ?? 'unknown';
  const digest = /sha256:[0-9a-f]{64}/.exec(textAt(status, 'imageID') ?? '')?.[0];
  return screenText(digest === undefined || image.includes(digest) ? image : `${image}@${digest}`);
}
