import { EXIT, formatDiagnostic, wrap, type Failure, type NodeOutcome } from '@crpm/core';
import { count, formatDuration, formatFailure, palette, wantsColour, widthOf, type Palette } from '@crpm/reporters';
import { complain, tell, warn, type Io } from '../io.js';
import type { Round, WatchFace } from './watch.js';

/** Where a line goes on that is wider than the terminal: below the round's number. */
const INDENT = 10;

/** How many changed files a line names before it only counts them. */
const NAMED = 3;

export interface FaceOptions {
  readonly io: Io;
  /** The address at which the repository is served, if crpm serves it. */
  readonly address: () => Promise<string | undefined>;
  /** What is watched, for people: `libvirt, qemu`. */
  readonly subject: string;
  readonly now?: () => Date;
}

/** A line per round; of a failure also what is needed to mend it. */
export function textFace({ io, address, subject, now = () => new Date() }: FaceOptions): WatchFace {
  const colours = palette(wantsColour(io.stdout, io.env));
  return {
    async round(round) {
      for (const text of formatRound(round, timeOfDay(now()), colours, widthOf(io.stdout))) io.stdout.write(`${text}\n`);
      if (round.number > 1 || wasCancelled(round)) return;
      const served = await address();
      tell(io.stdout, colours.faint(`${served === undefined ? '' : `serving at ${served}; `}watching ${subject}; Ctrl-C ends`));
    },
    refused(error) {
      complain(io, error.diagnostics);
      tell(io.stderr, 'waiting until that is mended');
    },
    mended: () => { tell(io.stderr, 'that is mended; going on'); },
    polling(code) {
      warn(io, `${whyPolling(code)}`);
    },
    async ended() {
      const served = await address();
      tell(io.stdout, colours.faint(`ended${served === undefined ? '' : `; the server stays up at ${served}, crpm serve --stop ends it`}`));
    },
  };
}

/** The same as lines of JSON, one per round. */
export function jsonFace({ io, address, now = () => new Date() }: FaceOptions): WatchFace {
  const say = (value: unknown) => io.stdout.write(`${JSON.stringify(value)}\n`);
  const at = () => now().toISOString();
  return {
    async round(round) {
      const { number, changed, summary } = round;
      const baseUrl = await address();
      say({
        type: 'round',
        at: at(),
        round: number,
        run: summary.runId,
        ms: summary.ms,
        exitCode: summary.exitCode,
        changed,
        nodes: [...summary.nodes].map(([node, { outcome, ms, failure }]) => ({ node, outcome, ms, ...(failure ? { failure } : {}) })),
        warnings: summary.warnings,
        ...(baseUrl === undefined ? {} : { baseUrl }),
      });
    },
    refused: (error) => void say({ type: 'refused', at: at(), complaints: error.diagnostics.map(formatDiagnostic) }),
    mended: () => void say({ type: 'mended', at: at() }),
    polling: (code) => void say({ type: 'warning', at: at(), text: whyPolling(code) }),
    ended: () => Promise.resolve(),
  };
}

/** `14:03:12  #2  ok  6.3s  ran libvirt.rpmbuild, createrepo, serve  (libvirt: src/a.c)` */
function formatRound(round: Round, time: string, colours: Palette, width: number | undefined): readonly string[] {
  const { number, changed, summary } = round;
  const nodes = [...summary.nodes];
  const those = (outcome: NodeOutcome) => nodes.filter(([, node]) => node.outcome === outcome).map(([id]) => id);
  const did = (['failed', 'cancelled', 'ran', 'restored'] as const).flatMap((outcome) => (those(outcome).length > 0 ? [`${outcome} ${those(outcome).join(', ')}`] : []));
  const [plain, paint] = summary.exitCode === EXIT.ok ? (['ok    ', colours.good] as const) : wasCancelled(round) ? (['cancelled', colours.caution] as const) : (['failed', colours.bad] as const);
  const why = changed.length === 0 ? '' : colours.faint(`  (${nameSome(changed)})`);
  const head = (word: string) => `${time}  #${number}  ${word}  ${formatDuration(summary.ms).padStart(6)}  `;
  return [
    head(paint(plain)) + wrap(`${did.join('; ') || (wasCancelled(round) ? 'nothing ran' : 'all fresh')}${why}`, { width, first: head(plain).length, indent: INDENT }),
    ...summary.warnings.map((text) => wrap(`${colours.caution('warning:')} ${text}`, { width, first: 0, indent: 2 })),
    ...nodes.flatMap(([id, { outcome, failure, log }]) => (outcome === 'failed' && failure ? [formatFailure(inWatch(failure), { node: id, ...(log === undefined ? {} : { log }), width }, colours)] : [])),
  ];
}

/** Where each save starts a round, nobody runs anything again. */
function inWatch(failure: Failure): Failure {
  return failure.next === undefined ? failure : { ...failure, next: failure.next.replace(/\b(Correct .*?),? then run again\.$/, '$1, and save.') };
}

function wasCancelled({ summary }: Round): boolean {
  return summary.exitCode === EXIT.sigint;
}

function nameSome(changed: readonly string[]): string {
  const more = changed.length - NAMED;
  return changed.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${count(more, 'more file')}` : '');
}

function whyPolling(code: string): string {
  const means = code === 'ENOSPC' ? 'the system has no inotify watches left; sudo sysctl fs.inotify.max_user_watches=524288 gives more' : 'the system allows no more open files or inotify instances; see ulimit -n and sysctl fs.inotify.max_user_instances';
  return `the trees are looked at every two seconds, not watched: ${means}, then start crpm watch again`;
}

function timeOfDay(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
