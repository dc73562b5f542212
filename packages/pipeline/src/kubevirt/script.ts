import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type NodeReporter } from '@crpm/core';
import { howItEnded } from '../how-it-ended.js';
import type { Foresight } from '../predict/foresight.js';
import { runInGroup } from '../run-in-group.js';
import type { Resolver } from '../proof/index.js';
import { scriptEnvironment } from './environment.js';
import { explainScriptFailure } from './script-failure.js';
import { shellAssignments } from './variables.js';

export interface ScriptCall {
  /** The private copy of KubeVirt's tree. */
  readonly copy: string;
  readonly mode: 'script' | 'make';
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: NodeReporter;
  readonly signal: AbortSignal;
  /** Why the resolver found no set of RPMs, where somebody knows: it says nearly nothing itself. */
  readonly diagnose: () => Promise<Pick<Foresight, 'message' | 'next'> | undefined>;
}

const BAZELDNF: Resolver = { name: 'bazeldnf', standIn: false };
/** Lines kept for the failure: more than are shown, for bazeldnf ends with a page of help. */
const TAIL = 100;

/** Whether the tree runs its scripts in a builder container of its own. */
export function hasDockerized(tree: string): boolean {
  return existsSync(join(tree, 'hack', 'dockerized'));
}

/**
 * Runs KubeVirt's own rpm-deps once, in the private copy. Fails with class `build` if it ends with other than 0.
 * A script may name its resolver by a line `crpm-resolver: <name>[ stand-in]`; without one it is bazeldnf.
 */
export async function runScript({ copy, mode, variables, env, report, signal, diagnose }: ScriptCall): Promise<Resolver> {
  const title = mode === 'make' ? 'make rpm-deps' : 'hack/rpm-deps.sh';
  let resolver = BAZELDNF;
  const tail: string[] = [];
  const line = (text: string) => {
    report.line(text);
    const named = /^crpm-resolver: ([A-Za-z0-9._ -]+?)( stand-in)?$/.exec(text.trimEnd());
    if (named) resolver = { name: named[1] ?? '', standIn: named[2] !== undefined };
    // Under `set -x` most lines are the script talking to itself.
    if (!text.startsWith('+')) tail.push(text);
    if (tail.length > TAIL) tail.shift();
  };
  const result = await runInGroup(command(copy, mode, variables), { cwd: copy, env: scriptEnvironment(env, variables, copy), signal, line });
  signal.throwIfAborted();
  if (result.failed) {
    const { reason, cause, lines, next } = explainScriptFailure(tail, variables);
    const found = cause === 'resolver' ? await diagnose() : undefined;
    const message = [`KubeVirt's ${title} ${howItEnded(result, title.split(' ')[0] ?? title)}`, reason, found?.message].filter((part) => part !== undefined).join(': ');
    fail({ class: 'build', ...(cause ? { cause } : {}), message, next: found ? `${found.next} The private copy is kept.` : next, lines });
  }
  return resolver;
}

function command(copy: string, mode: 'script' | 'make', variables: Readonly<Record<string, string>>): readonly string[] {
  if (mode === 'make') return ['make', 'rpm-deps', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  // hack/dockerized hands its argument to a shell in the container; every value in it was checked for that.
  if (hasDockerized(copy)) return [join(copy, 'hack', 'dockerized'), `${shellAssignments(variables)} ./hack/rpm-deps.sh`];
  return [join(copy, 'hack', 'rpm-deps.sh')];
}
