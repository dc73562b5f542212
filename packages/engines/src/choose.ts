import type { Basesystem, Engine, EngineConfig } from '@crpm/core';
import { FailureError, ok, type Result } from '@crpm/core';
import type { EngineFacts } from './docker/facts.js';
import { assertHostBasesystem, isThisMachine, readOsRelease, type OsRelease } from './os-release.js';

export interface ChooseOptions {
  readonly config: EngineConfig;
  /** Absolute folder of the KubeVirt tree, whose cluster may have a registry; absent: there is none. */
  readonly kubevirt?: string | undefined;
  /** All of them are built by one engine. */
  readonly basesystems: readonly Basesystem[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Absolute folder for work folders and build trees of the host engine, and for what is on its way to a cluster, `<state>/work`. */
  readonly workDir: string;
  /** Absolute folder for what works of all workspaces share on the host engine, `<cache>/shared`. */
  readonly sharedDir: string;
  /** Letters and digits that tell this workspace from those of its id on other machines: for a cluster, which many share. */
  readonly owner?: string;
  /** Default: read from this machine. */
  readonly machine?: OsRelease;
}

/**
 * The engine that this config, environment and machine mean. `basesystem: host` and `engine: host` run on this machine, the latter only for a basesystem that it is; else a
 * container engine: the `engine.host` option, `DOCKER_HOST`, `KUBEVIRT_CRI`, the current Docker context, the rootless Podman socket, the Docker socket. With `auto`, no engine
 * at all, and a basesystem that this machine is, this machine. A cluster is only taken where `kubernetes` is said.
 * @throws FailureError `environment` with the sockets tried and the command that starts one; or naming machine and basesystem.
 */
export async function chooseEngine(options: ChooseOptions): Promise<Engine> {
  const { config, basesystems, env, signal } = options;
  if (config.kind === 'kubernetes') {
    const [{ openKubernetesEngine }, { ownWorkspaces }] = await Promise.all([import('./kubernetes/index.js'), import('./kubernetes/own-workspaces.js')]);
    const engine = await openKubernetesEngine({ config, kubevirt: options.kubevirt, env, signal, workDir: options.workDir });
    return options.owner === undefined ? engine : ownWorkspaces(engine, options.owner);
  }
  const machine = options.machine ?? readOsRelease();
  if (config.kind === 'host' || basesystems.some(({ base }) => base.kind === 'host')) {
    for (const basesystem of basesystems) assertHostBasesystem(basesystem, machine);
    return openHost(options, machine);
  }
  const { openDockerEngine } = await import('./docker/index.js');
  try {
    return await openDockerEngine({ config, env, signal });
  } catch (error) {
    const none = error instanceof FailureError && error.failure.class === 'environment';
    const free = config.kind === 'auto' && config.host === undefined && !env['DOCKER_HOST'];
    if (none && free && basesystems.every((basesystem) => isThisMachine(basesystem, machine))) return openHost(options, machine);
    throw error;
  }
}

/** One engine that was looked for, and what came of it: `Docker Engine 20.10.24 at unix:///run/docker.sock`, or why not. */
export interface EngineProbe {
  readonly from: string;
  readonly answer: Result<string, string>;
  /** Of one that answers. */
  readonly facts?: EngineFacts;
}

/** Every place where an engine is looked for, in order, with its answer; the first that answers is the one that would be used. For people who wonder (`doctor`). */
export async function probeEngines({ config, env, signal }: Pick<ChooseOptions, 'config' | 'env' | 'signal'>): Promise<readonly EngineProbe[]> {
  const [{ probe }, { factsOf }] = await Promise.all([import('./docker/connect.js'), import('./docker/facts.js')]);
  const probes: EngineProbe[] = [];
  for await (const { from, answer } of probe(config, env, signal)) {
    if (!answer.ok) probes.push({ from, answer });
    else {
      const { client, flavour, description } = answer.value;
      const facts = await factsOf(client, flavour);
      client.close();
      probes.push({ from, answer: ok(description), ...(facts ? { facts } : {}) });
    }
  }
  return probes;
}

/**
 * Whether {@link chooseEngine} would find a container engine, or need none. Opens nothing, and asks only whether one answers: of one that does it may still be that it is too old. Of a cluster nobody is asked.
 */
export async function hasEngine(options: AnswerOptions & Pick<ChooseOptions, 'basesystems' | 'machine'>): Promise<boolean> {
  const { config, basesystems, machine = readOsRelease() } = options;
  if (config.kind === 'kubernetes' || config.kind === 'host' || basesystems.some(({ base }) => base.kind === 'host')) return true;
  if (config.kind === 'auto' && basesystems.every((basesystem) => isThisMachine(basesystem, machine))) return true;
  return containerEngineAnswers(options);
}

export interface AnswerOptions extends Pick<ChooseOptions, 'config' | 'env' | 'signal'> {
  /** Milliseconds that each place may take to answer. */
  readonly patience: number;
}

/** Whether a container engine answers, wherever a run would look for one. */
export async function containerEngineAnswers({ config, env, signal, patience }: AnswerOptions): Promise<boolean> {
  const { answersSomewhere } = await import('./docker/connect.js');
  return answersSomewhere(config, env, signal, patience);
}

async function openHost({ workDir, sharedDir, env }: ChooseOptions, machine: OsRelease): Promise<Engine> {
  const { openHostEngine } = await import('./host/index.js');
  return openHostEngine({ workDir, sharedDir, env, distribution: machine.name });
}
