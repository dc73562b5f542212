import type { Io } from '../io.js';
import type { Surroundings } from './surroundings.js';

/** What a new config builds for. */
export interface BaseSystem {
  /** `host`: this machine's own distribution. */
  readonly name: 'centos-stream-9' | 'centos-stream-10' | 'host';
  /** The stream that specs are taken from. */
  readonly stream: 9 | 10;
  /** Why it is this one: `by the branch c10s of …`; absent: it is the default, or was asked for. */
  readonly from?: string;
}

/** Of a machine on which CentOS Stream can't be built now. */
export interface NoEngine {
  /** Its distribution, for people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly machine: string;
}

/** What is looked for, for people. */
export const ENGINES = 'Docker or Podman’s socket';

/** Why `host` is not what is taken where nobody says otherwise. */
export function whatHostMakes({ machine }: NoEngine): string {
  return `host makes RPMs of this machine’s distribution, ${machine}, which KubeVirt’s images don’t take.`;
}

/** Milliseconds that each place has to say whether an engine is there: somebody waits, and has a choice. */
const PATIENCE = 3_000;

/** Looks for a container engine where a run would. Nothing: one answers, this machine is that stream itself, or nothing could be built on it either. */
export async function missesEngine({ env }: Io, stream: Surroundings['stream'], signal: AbortSignal): Promise<NoEngine | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { containerEngineAnswers, readOsRelease } = await import('@crpm/engines');
  const { id, version, name: machine } = readOsRelease();
  if (id === 'centos' && version === String(stream?.number ?? 9)) return undefined;
  return (await containerEngineAnswers({ config: { kind: 'auto', network: 'bridge' }, env, signal, patience: PATIENCE })) ? undefined : { machine };
}

/** What is built for where nobody says otherwise. That no engine answers now is no reason to build for another distribution than KubeVirt's, in a file that is committed. */
export function withoutAsking(stream: Surroundings['stream']): BaseSystem {
  return stream ? { name: `centos-stream-${stream.number}`, stream: stream.number, from: `by ${stream.from}` } : { name: 'centos-stream-9', stream: 9 };
}

/** An answer, in any of the ways in which people write it; nothing: it is none. `stream`: what specs are taken from on this machine. */
export function readBaseSystem(answer: string, stream: 9 | 10 = 9): BaseSystem | undefined {
  const [, number] = /^(?:centos-stream-|c)?(9|10)s?$/i.exec(answer) ?? [];
  if (number === '9') return { name: 'centos-stream-9', stream: 9 };
  if (number === '10') return { name: 'centos-stream-10', stream: 10 };
  return /^host$/i.test(answer) ? { name: 'host', stream } : undefined;
}
