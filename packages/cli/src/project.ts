import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeNamed, select, type Config, type Diagnostic, type Graph, type GraphNode, type Selected, type WorkspacePaths } from '@crpm/core';
import type { Loaded } from '@crpm/config';
import { ComplaintsError, refuse } from './complaints.js';
import type { Overrides, SelectionOptions } from './help.js';
import { complain, tell, type Cli, type GlobalOptions } from './io.js';
import { withPodJobs } from './pod-cores.js';
import { tellLink } from './short-paths.js';

/** A config and its graph. Nothing from the trees or the config was executed to make it. */
export interface Project {
  readonly config: Config;
  readonly graph: Graph;
  /** Gives complaints about the config their place in the file. */
  readonly complete: Loaded['complete'];
  /** Variables of the environment that stand above the config. */
  readonly variables: readonly string[];
  /** Complaints that nothing is refused for. */
  readonly warnings: readonly Diagnostic[];
}

/** Finds, checks and compiles the config, with what the command line says in its place. Warnings go to stderr; complaints are thrown, all at once. */
export async function openProject(cli: Cli, options: GlobalOptions & Overrides & { readonly skip?: readonly string[] }): Promise<Project> {
  const { loadConfig } = await import('@crpm/config');
  const cwd = workingDirectory(cli, options);
  const loaded = await loadConfig({
    cwd,
    env: cli.io.env,
    ...(options.config === undefined ? {} : { configPath: resolve(cwd, options.config) }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  });
  if (!loaded.ok) throw new ComplaintsError(loaded.error);
  tellLink(loaded.value.config.root, cli.io.cwd);
  complain(cli.io, loaded.value.warnings);
  const { compile } = await import('@crpm/pipeline');
  const { complete } = loaded.value;
  const config = withCluster(withPodJobs(withEngine(loaded.value.config, options.engine)), options.cluster);
  const graph = compile(config);
  if (!graph.ok) throw new ComplaintsError(await complete(graph.error));
  if (options.locked) await requireLocked({ config, complete }, options.skip);
  return { config, graph: graph.value, complete, variables: loaded.value.variables, warnings: loaded.value.warnings };
}

function withEngine(config: Config, kind: Overrides['engine']): Config {
  if (kind === undefined) return config;
  const own = config.basesystems.find(({ base }) => base.kind === 'host');
  if ((kind === 'docker' || kind === 'kubernetes') && own) {
    refuse(`--engine ${kind}: basesystem ${own.name} is this machine's own, and is built on this machine only; leave --engine out, or choose another basesystem`);
  }
  return { ...config, engine: { ...config.engine, kind } };
}

/** The proof from a cluster as it is, without the nodes that would change it. */
function withCluster(config: Config, cluster: Overrides['cluster']): Config {
  return cluster ? { ...config, cluster: { ...config.cluster, up: false, sync: false, verify: true } } : config;
}

async function requireLocked({ config, complete }: Pick<Project, 'config' | 'complete'>, skip: readonly string[] = []): Promise<void> {
  const { checkLocked } = await import('@crpm/pipeline');
  const complaints = await checkLocked(config, skip);
  if (complaints.length > 0) throw new ComplaintsError(await complete(complaints));
}

/** Refuses, before anything starts, when a folder that the config names is missing or is not what it should be. */
export async function requireTrees(project: Project, skip: readonly string[] = []): Promise<void> {
  const { checkTrees } = await import('@crpm/pipeline');
  const complaints = checkTrees(project.config, skip);
  if (complaints.length > 0) throw new ComplaintsError(await project.complete(complaints));
}

/** A variable set days ago in this shell decides as well; whoever forgot it should not have to search. */
export function tellVariables({ io }: Cli, { variables }: Project): void {
  if (variables.length > 0) tell(io.stderr, `from the environment, above the config: ${variables.join(' ')}`);
}

/** The part of the graph that the command line asks for. */
export function selected(project: Project, targets: readonly string[], options: SelectionOptions): Selected {
  if (targets.length > 0 && options.only.length > 0) refuse('give either nodes or --only, not both');
  const result = select(project.graph, { targets, only: options.only, skip: options.skip, from: options.from, force: options.force === true });
  return result.ok ? result.value : refuse(result.error);
}

/** The node that an argument names, by its id or by that of its package. */
export function theNode(graph: Graph, name: string): GraphNode {
  const node = nodeNamed(graph, name);
  return node.ok ? node.value : refuse(node.error);
}

/** Where the command acts: `-C`, else where it was started. */
export function workingDirectory(cli: Cli, globals: GlobalOptions): string {
  if (globals.C === undefined) return cli.io.cwd;
  const folder = resolve(cli.io.cwd, globals.C);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) refuse(`-C ${globals.C}: there is no such folder`);
  return folder;
}

/** A project with crpm's own folders for it, which are made if they are not there. */
export async function openWorkspace(cli: Cli, globals: GlobalOptions & Overrides): Promise<{ readonly project: Project; readonly workspace: WorkspacePaths }> {
  const project = await openProject(cli, globals);
  const { locateWorkspace } = await import('@crpm/state');
  return { project, workspace: locateWorkspace({ root: project.config.root, env: cli.io.env }) };
}
