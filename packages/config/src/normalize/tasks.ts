import path from 'node:path';
import type { TaskConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile } from '../generated/config-file.js';

/** Ids of crpm's own nodes that carry no package's name; those of packages have a dot, which a task's can't have. */
const OWN_NODES = ['base', 'createrepo', 'serve', 'rpm-deps', 'verify', 'cluster-up', 'cluster-sync', 'verify-cluster'];

export function resolveTasks(file: ConfigFile, complaints: Complaints): readonly TaskConfig[] {
  const tasks = Object.entries(file.tasks ?? {}).map(([id, task]) => {
    const at = ['tasks', id];
    if (OWN_NODES.includes(id)) complaints.error(at, `${id} is a node of crpm's own; give the task another id`, { part: 'key' });
    const program = Array.isArray(task.run) ? task.run[0] : undefined;
    if (program === '' || program?.startsWith('-')) complaints.error([...at, 'run', 0], `run begins with the program; ${JSON.stringify(program)} is none`);
    return {
      id,
      needs: task.needs ?? [],
      run: task.run,
      inputs: task.inputs ?? [],
      outputs: task.outputs ?? [],
      env: { ...task.env },
    };
  });
  checkOutputs(tasks, complaints);
  return tasks;
}

/** No two tasks may make the same file, or one inside of what the other makes. */
function checkOutputs(tasks: readonly TaskConfig[], complaints: Complaints): void {
  const owners = new Map<string, string>();
  const all = tasks.flatMap(({ id, outputs }) => outputs.map((output, index) => ({ id, index, output: path.posix.normalize(`${output}/`) })));
  for (const { id, output } of all) if (!owners.has(output)) owners.set(output, id);
  for (const { id, index, output } of all) {
    for (let folder = output; folder !== './' && folder !== ''; folder = parent(folder)) {
      const owner = owners.get(folder);
      if (owner === undefined || owner === id) continue;
      complaints.error(['tasks', id, 'outputs', index], `${id} and ${owner} both make ${output.slice(0, -1)}; each file has one maker`);
      break;
    }
  }
}

/** `a/b/` → `a/` → `` */
function parent(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
}
