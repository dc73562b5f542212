import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { fail } from '@crpm/core';
import { isObject } from './json.js';

/** What KubeVirt's tree brings; it boots from an image that cluster-sync pushes. */
export const DEFAULT_VMI = 'examples/vmi-alpine-efi.yaml';
const MAX_SIZE = 1024 * 1024;

/** Labels of what crpm creates in a cluster: one for each attempt, and whose it is. */
export const ATTEMPT_LABEL = 'dev.crpm/attempt';
export const OWNER_LABEL = 'dev.crpm/owner';

export interface Marks {
  /** Name of the object, and value of {@link ATTEMPT_LABEL}. */
  readonly name: string;
  readonly owner: string;
}

/** The text of the manifest. Fails with class `usage` if it can't be read. */
export function readVmi(kubevirt: string, given: string | undefined): { readonly file: string; readonly text: string } {
  const file = given ?? join(kubevirt, DEFAULT_VMI);
  try {
    if (statSync(file).size > MAX_SIZE) throw new Error('it is larger than 1 MiB');
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    return fail({ class: 'usage', message: `the manifest ${file} can't be read: ${(error as Error).message}`, next: `Name one VirtualMachineInstance in cluster.vmi${given === undefined ? `; the default is ${DEFAULT_VMI} of the KubeVirt tree` : ''}.` }, error);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The manifest under a name and labels of its own, so that it is a machine of crpm's whatever runs in the cluster already. Of its metadata only namespace, labels and
 * annotations stay. Fails with class `usage` if it is not exactly one VirtualMachineInstance.
 */
export async function ownVmi({ file, text }: ReturnType<typeof readVmi>, { name, owner }: Marks): Promise<Fields> {
  const { loadAll } = await import('js-yaml');
  const refuse = (why: string) => fail({ class: 'usage', message: `${file} ${why}`, next: 'Name a manifest with one VirtualMachineInstance in cluster.vmi.' });
  let documents: readonly unknown[];
  try {
    documents = loadAll(text).filter((document) => document !== null && document !== undefined);
  } catch (error) {
    return refuse(`is no YAML: ${(error as Error).message.split('\n')[0] ?? ''}`);
  }
  const [vmi] = documents;
  if (documents.length !== 1) return refuse(`holds ${documents.length} objects`);
  if (!isObject(vmi) || vmi['kind'] !== 'VirtualMachineInstance') return refuse(`holds ${isObject(vmi) && typeof vmi['kind'] === 'string' ? `a ${vmi['kind']}` : 'something else'}`);
  const metadata = isObject(vmi['metadata']) ? vmi['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  const { namespace, annotations } = metadata;
  return {
    ...vmi,
    metadata: {
      name,
      ...(typeof namespace === 'string' ? { namespace } : {}),
      ...(annotations === undefined ? {} : { annotations }),
      labels: { ...labels, [ATTEMPT_LABEL]: name, [OWNER_LABEL]: owner },
    },
  };
}

/** How the manifest is called in messages: short where it lies in the tree. */
export function vmiName(file: string, kubevirt: string): string {
  const inTree = relative(kubevirt, file);
  return inTree.startsWith('..') || isAbsolute(inTree) ? file : inTree;
}
