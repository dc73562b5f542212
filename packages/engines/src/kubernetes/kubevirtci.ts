import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@crpm/core';
import type { Offered } from './kubeconfig.js';

/** A cluster of KubeVirt's `make cluster-up`, as kubevirtci wrote it down. */
export interface Kubevirtci {
  /** `k8s-1.34` */
  readonly provider: string;
  /** Absolute path of what was read. */
  readonly file: string;
  /** Of its registry, as nodes and pods reach it: `registry:5000`. */
  readonly nodes: string;
  /** The same from here: `localhost:32811`. */
  readonly here: string;
  /** Absolute path. */
  readonly kubeconfig?: string;
}

/** Where kubevirtci keeps what it wrote down, below a KubeVirt tree: today, and in older ones. */
const FOLDERS = ['kubevirtci/_ci-configs', '_ci-configs'] as const;

/**
 * The cluster that kubevirtci started for a KubeVirt tree: the one of `KUBEVIRT_PROVIDER`, else the only one. Nothing where there is none; the error says why what is there is of no use.
 * @param tree absolute folder of the KubeVirt tree
 */
export function findKubevirtci(tree: string | undefined, env: NodeJS.ProcessEnv): Result<Kubevirtci | undefined, string> {
  const named = env['KUBEVIRTCI_CONFIG_PATH'];
  const folders = named ? [named] : tree === undefined ? [] : FOLDERS.map((folder) => join(tree, folder));
  const found = folders.flatMap((folder) => providersIn(folder));
  const wanted = env['KUBEVIRT_PROVIDER'];
  const [first, ...more] = wanted ? found.filter(({ provider }) => provider === wanted).slice(0, 1) : found;
  if (first === undefined) return ok(undefined);
  if (more.length > 0) return err(`kubevirtci left the clusters ${[first, ...more].map(({ provider }) => provider).join(', ')}; KUBEVIRT_PROVIDER says which is meant`);
  const { provider, file, text } = first;
  const values = readProvider(text);
  const [here, kubeconfig] = [values.get('docker_prefix'), values.get('kubeconfig')];
  const [there, local] = [hostOf(values.get('manifest_docker_prefix')), hostOf(here)];
  if (there === undefined || local === undefined) return err(`${file} names no registry in docker_prefix and manifest_docker_prefix`);
  if (!LOOPBACK.test(local)) return err(`${file} names ${here ?? ''}, which is no registry of kubevirtci’s own`);
  return ok({ provider, file, nodes: there, here: local, ...(kubeconfig?.startsWith('/') ? { kubeconfig } : {}) });
}

/** Its kubeconfig, for somebody who has none. */
export function offeredKubeconfig(tree: string | undefined, env: NodeJS.ProcessEnv): Offered | undefined {
  const found = findKubevirtci(tree, env);
  if (!found.ok || found.value?.kubeconfig === undefined || !existsSync(found.value.kubeconfig)) return undefined;
  return { provider: found.value.provider, kubeconfig: found.value.kubeconfig };
}

/** kubevirtci publishes its registry there and nowhere else; any other is somebody's, and nobody has said that crpm may push to it. */
const LOOPBACK = /^(localhost|127\.0\.0\.1):\d+$/;

function providersIn(folder: string): readonly { readonly provider: string; readonly file: string; readonly text: string }[] {
  return namesIn(folder).flatMap((provider) => {
    const file = join(folder, provider, `config-provider-${provider}.sh`);
    const text = textOf(file);
    return text === undefined ? [] : [{ provider, file, text }];
  });
}

/** Values by name, of a shell file that is read and never run: of lines `name=value` the last of each, without quotes; of `${NAME:-value}` the value, for what the variable says is about other images. */
export function readProvider(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, raw] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || raw === undefined) continue;
    const value = raw.replace(/^(["'])(.*)\1$/, '$2').replace(/^\$\{[A-Za-z_][A-Za-z0-9_]*:?-(.*)\}$/, '$1');
    // What is left of a shell's own signs only a shell could tell.
    if (/[$`"'\\;|&<>()\s]/.test(value)) values.delete(name);
    else values.set(name, value);
  }
  return values;
}

/** `localhost:32811` of `localhost:32811/kubevirt`. */
function hostOf(prefix: string | undefined): string | undefined {
  return /^([A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5})(\/|$)/.exec(prefix ?? '')?.[1];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
