import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail, wrap, type Exit, type GraphNode, type NodeContext, type NodeOutput, type Streams, type WorkspacePaths } from '@crpm/core';
import type { Scene } from '@crpm/pipeline';
import { widthOf } from '@crpm/reporters';
import { readRecordedRuns } from '../history.js';
import { openCleanEngine } from '../execute.js';
import { tell, warn, type Io } from '../io.js';
import type { Project } from '../project.js';
import { serverEntry } from '../server-entry.js';
import type { Stop } from '../signals.js';
import { lockWorkspace } from '../workspace.js';
import { shellRun } from './label.js';

export interface EnterOptions {
  readonly project: Project;
  readonly workspace: WorkspacePaths;
  readonly node: GraphNode;
  /** Empty: a shell. */
  readonly command: readonly string[];
  readonly network: boolean;
  readonly wait: boolean;
  readonly io: Io;
  readonly streams: Streams;
  readonly stop: Stop;
}

/** A shell that tells where it is. The words in it are fixed; the node's id is an argument. */
const SHELL = `
if command -v bash >/dev/null 2>&1; then PS1="[$1] \\w\\$ "; export PS1; exec bash --norc --noprofile "$2"; fi
PS1="[$1] \$ "; export PS1
exec sh "$2"
`;

/**
 * Puts somebody into the build root of a node, in a folder that is thrown away afterwards. The workspace is taken only while that folder is made: what is in it is a copy, and runs go on while somebody
 * looks around. Resolves to how the program ended.
 */
export async function enter(options: EnterOptions): Promise<Exit> {
  const { project, workspace, node, io, stop } = options;
  if (project.config.engine.kind === 'kubernetes') {
    fail({ class: 'environment', message: 'nobody can talk to a program in a cluster: there crpm shell opens no build root', next: 'It does with a container engine and on this machine: crpm shell --engine docker.' });
  }
  const { temporaryName } = await import('@crpm/state');
  const out = join(workspace.state, 'tmp', temporaryName('shell'));
  const lock = await lockWorkspace(workspace, { command: `crpm shell ${node.id}`, wait: options.wait, signal: stop.signal, io });
  let engine: Awaited<ReturnType<typeof openCleanEngine>> | undefined;
  try {
    const request = await requestOf(options, out, () => (engine ? Promise.resolve(engine) : openCleanEngine(project, workspace, io, stop).then((opened) => (engine = opened))));
    const { setScene } = await import('@crpm/pipeline');
    const scene = await setScene(request);
    lock.release();
    try {
      return await interact(options, scene);
    } finally {
      await scene.work.close();
    }
  } finally {
    lock.release();
    await engine?.close();
    rmSync(out, { recursive: true, force: true });
  }
}

async function interact({ node, command, network, io, streams, stop }: EnterOptions, { work, program, what, look }: Scene): Promise<Exit> {
  const terminal = streams.stdin.isTTY === true && streams.stdout.isTTY === true;
  if (command.length === 0) {
    const places = [`at ${work.root}`, ...(look === undefined ? [] : [`its tree in ${look}`]), ...(program && program.argv[0] !== 'true' ? ['sh node.sh does what the node does'] : [])];
    const text = `${node.id}: ${what}, ${places.join('; ')}; it is thrown away when you leave`;
    io.stderr.write(`${wrap(text, { width: widthOf(io.stderr), first: 0, indent: 2, elsewhere: true })}\n`);
  }
  const argv = command.length > 0 ? command : ['sh', '-c', SHELL, 'crpm', node.id, terminal ? '-i' : '-s'];
  const { TERM } = io.env;
  if (terminal) stop.yieldTerminal();
  return work.interact({
    argv,
    env: { ...program?.env, ...(terminal && TERM ? { TERM } : {}) },
    network: network ? 'bridge' : (program?.network ?? 'none'),
    signal: stop.signal,
    streams,
  });
}

/** What a run would give the node, from what is recorded. */
async function requestOf({ project, workspace, node, io, stop }: EnterOptions, out: string, engine: NodeContext['engine']) {
  const [{ nodeKinds }, { readHistory }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/runner')]);
  const kind = nodeKinds({ env: io.env, serverEntry: serverEntry() }).get(node.kind);
  if (!kind) throw new Error(`no kind ${node.kind}`);
  const history = readHistory(workspace);
  const needs = new Map<string, NodeOutput>();
  for (const need of node.needs) {
    const output = history.get(need)?.output;
    if (!output) {
      // What only looks ahead is waited for and not read.
      if (project.graph.nodes.get(need)?.kind === 'predict') continue;
      fail({ class: 'usage', message: `${need} never had a result, and ${node.id} needs it`, next: `crpm run ${need} makes it.` });
    }
    needs.set(need, output);
  }
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const context: NodeContext = {
    node, needs, workspace, out, engine, runId: shellRun(), signal: stop.signal,
    budget: { jobs: availableParallelism() },
    report: {
      line: () => undefined,
      status: (text) => { tell(io.stderr, `${node.id}: ${text}`); },
      warn: (text) => warn(io, text),
    },
  };
  const [last] = readRecordedRuns(workspace, [node.id], undefined).nodes;
  const own = history.get(node.id)?.output;
  return { kind, context, failed: last?.ran?.outcome === 'failed', ...(own ? { own } : {}) };
}
