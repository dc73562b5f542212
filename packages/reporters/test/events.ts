import type { Event, NodeOutcome } from '@crpm/core';
import type { Screen } from '../src/reporter.js';

const NONE: Record<NodeOutcome, number> = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };

const node = (id: string, needs: readonly string[] = []) => ({ id, kind: 'k', title: id, needs });

/** A run of four nodes: one fresh, one that runs with a warning, one that fails, one that is never reached. */
export const failingRun: readonly Event[] = [
  { type: 'run-started', at: 0, run: 'r1', logs: '/logs', nodes: [node('base'), node('a.source'), node('a.rpmbuild', ['a.source']), node('createrepo', ['a.rpmbuild'])] },
  { type: 'node-finished', at: 1, node: 'base', outcome: 'fresh', ms: 0 },
  { type: 'node-started', at: 1, node: 'a.source', reason: 'never ran', log: '/logs/a.source.log' },
  { type: 'node-warning', at: 2, node: 'a.source', text: 'left out a socket: run/x' },
  { type: 'node-finished', at: 3, node: 'a.source', outcome: 'ran', ms: 320, log: '/logs/a.source.log' },
  { type: 'node-started', at: 3, node: 'a.rpmbuild', reason: 'a.source changed', log: '/logs/a.rpmbuild.log' },
  { type: 'node-status', at: 4, node: 'a.rpmbuild', text: 'compiling' },
  { type: 'node-line', at: 5, node: 'a.rpmbuild', text: '\u001b[31mmain.c:1: error\u001b[0m' },
  {
    type: 'node-finished',
    at: 6,
    node: 'a.rpmbuild',
    outcome: 'failed',
    ms: 65_000,
    log: '/logs/a.rpmbuild.log',
    failure: { class: 'build', message: 'rpmbuild ended with exit code 1', next: 'Mend the error above.', lines: ['main.c:1: error'] },
  },
  { type: 'node-finished', at: 6, node: 'createrepo', outcome: 'not-run', ms: 0 },
  { type: 'warning', at: 6, text: 'the journal was cut at record 7' },
  { type: 'run-finished', at: 7, run: 'r1', ms: 65_400, exitCode: 1, counts: { ...NONE, fresh: 1, ran: 1, failed: 1, 'not-run': 1 } },
];

/** The summary of {@link failingRun}. */
export const failingSummary = `node        outcome      time
base        fresh           -
a.source    ran          0.3s
a.rpmbuild  failed      1m05s
createrepo  not run         -

2 warnings
  a.source: left out a socket: run/x
  the journal was cut at record 7

a.rpmbuild failed: rpmbuild ended with exit code 1
  | main.c:1: error
  next: Mend the error above.
  type: crpm logs a.rpmbuild
  log:  /logs/a.rpmbuild.log

4 nodes: 1 ran, 1 fresh, 1 failed, 1 not run; 1m05s
`;

/** A screen that keeps what was written. */
export class Recorded implements Screen {
  text = '';
  readonly columns: number = 100;
  constructor(
    readonly isTTY = false,
    readonly rows = 40,
  ) {}
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}
