import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { fail, type Input, type InputContext, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import { hashFile } from '@crpm/state';

import { compilerErrors } from '../build/diagnosis/compiler-errors.js';
import { globFiles } from '../build/glob.js';
import { OutputTail } from '../build/telling-lines.js';
import type { ServeFact } from '../facts.js';
import { howItEnded } from '../how-it-ended.js';
import type { TaskParams } from '../params.js';
import { runInGroup } from '../run-in-group.js';
import { servedAt } from '../serve/address.js';

/** A node of the user's own: a program on this machine, in the config's folder. Without inputs nobody can tell that it is fresh, so it runs every time. */
export function taskKind(options: { readonly env: NodeJS.ProcessEnv }): NodeKind<TaskParams> {
  return {
    name: 'task',
    version: 1,
    weight: 'light',
    inputs: async (params, context) => [...(await fileInputs(params)), ...Object.entries(addressVariable(context)).map(([name, value]) => ({ name: `env/${name}`, value }))],
    async run(params, context) {
      await runProgram(params, context, options.env);
      for (const output of params.outputs) keepOutput(params.root, output, context.out);
      return null satisfies Json;
    },
    async stale(params, output) {
      for (const { path, digest } of output.files) {
        const file = join(params.root, path);
        if (!existsSync(file)) return `${path} is gone`;
        if (`sha256:${(await hashFile(file)).sha256}` !== digest) return `${path} changed since`;
      }
      return params.inputs.length === 0 ? 'it names no inputs, so it runs every time' : undefined;
    },
  };
}

async function fileInputs(params: TaskParams): Promise<readonly Input[]> {
  const files = new Set(params.inputs.flatMap((glob) => globFiles(params.root, glob)));
  const inputs: Input[] = [];
  for (const path of [...files].sort()) {
    const file = join(params.root, path);
    // A link to nowhere is an input too.
    inputs.push({ name: `file/${path}`, value: statSync(file, { throwIfNoEntry: false })?.isFile() ? (await hashFile(file)).sha256 : 'no file' });
  }
  return inputs;
}

async function runProgram(params: TaskParams, context: NodeContext, env: NodeJS.ProcessEnv): Promise<void> {
  const argv = typeof params.run === 'string' ? ['sh', '-c', params.run] : params.run;
  const [program] = argv;
  if (program === undefined) fail({ class: 'usage', message: `tasks.${context.node.id}.run is empty`, next: 'Name a program.' });
  const output = new OutputTail();
  const line = (text: string) => {
    output.line(text);
    context.report.line(text);
  };
  const result = await runInGroup(argv, { cwd: params.root, env: { ...env, ...addressVariable(context), ...params.env }, signal: context.signal, line });
  if (context.signal.aborted) fail({ class: 'cancelled', message: `${context.node.id} was stopped` });
  if (!result.failed) return;
  const lines = output.telling();
  const where = `tasks.${context.node.id}.run in the config`;
  const complaints = compilerErrors(output.lines);
  fail({ class: 'build', message: `the task ${context.node.id} ${howItEnded(result, program)}`, next: lines.length > 0 ? `Correct what the lines shown name, or ${where}.` : `Correct ${where}.`, lines, ...(complaints.length > 0 ? { complaints } : {}) });
}

/** A task that needs `serve` is told where the repository is, without a slash at the end: paths are put behind it with one. */
function addressVariable({ needs, workspace }: InputContext): Readonly<Record<string, string>> {
  const serve = needs.get('serve');
  return serve ? { CRPM_REPO_URL: servedAt(serve.data as ServeFact, workspace).replace(/\/$/, '') } : {};
}

/** Copies an output into the node's folder, under its path. */
function keepOutput(root: string, output: string, to: string): void {
  const from = resolve(root, output);
  const path = relative(root, from);
  if (path === '' || path.startsWith('..')) fail({ class: 'usage', message: `the output ${output} is not below ${root}`, next: 'Name outputs inside the folder of the config.' });
  if (!existsSync(from)) fail({ class: 'build', message: `the task ended well, but ${output} is not there`, next: 'Correct outputs in the config, or the task.' });
  mkdirSync(dirname(join(to, path)), { recursive: true });
  cpSync(from, join(to, path), { recursive: true, dereference: true });
}
