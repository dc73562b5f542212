import { makeGraph, type Graph, type GraphNode } from '@crpm/core';

/** Packages of KubeVirt: how many times the work of the recorded one each is (an assumption, to be replaced by a record of one's own), what it needs, and what its RPMs come to. */
export const PACKAGES: Readonly<Record<string, { readonly weight: number; readonly needs?: readonly string[]; readonly mb: number }>> = {
  qemu: { weight: 225, mb: 60 },
  libvirt: { weight: 75, mb: 40 },
  edk2: { weight: 120, mb: 12 },
  seabios: { weight: 6, mb: 1 },
  libguestfs: { weight: 40, needs: ['qemu'], mb: 10 },
  'guestfs-tools': { weight: 30, needs: ['libguestfs'], mb: 8 },
  passt: { weight: 4, mb: 1 },
  virtiofsd: { weight: 20, mb: 3 },
  swtpm: { weight: 10, mb: 1 },
  libnbd: { weight: 14, mb: 2 },
};

/** What a node of a run is about, for who simulates it. */
export interface Task {
  readonly step: 'base' | 'source' | 'buildroot' | 'dist' | 'rpmbuild' | 'createrepo' | 'rpm-deps';
  readonly arch?: string;
  readonly place?: string;
  readonly package?: string;
}

/** The graph of a run in shape: ids, needs and what each is about. */
export function graphOf(packages: readonly string[], streams: readonly string[], arches: readonly string[]): { readonly graph: Graph; readonly tasks: ReadonlyMap<string, Task> } {
  const nodes: GraphNode[] = [];
  const tasks = new Map<string, Task>();
  const add = (id: string, needs: readonly string[], task: Task) => {
    nodes.push({ id, kind: task.step, title: id, needs, params: null });
    tasks.set(id, task);
  };
  for (const name of packages) add(`${name}.source`, [], { step: 'source', package: name });
  const rpms: string[] = [];
  for (const arch of arches) {
    for (const stream of streams) {
      const place = `${arch}_${stream}`;
      add(`base@${place}`, [], { step: 'base', arch, place });
      for (const name of packages) {
        const libraries = (PACKAGES[name]?.needs ?? []).filter((need) => packages.includes(need)).map((need) => `${need}.rpmbuild@${place}`);
        const about = { arch, place, package: name };
        add(`${name}.buildroot@${place}`, [`base@${place}`, `${name}.source`, ...libraries], { step: 'buildroot', ...about });
        add(`${name}.dist@${place}`, [`${name}.buildroot@${place}`], { step: 'dist', ...about });
        add(`${name}.rpmbuild@${place}`, [`${name}.buildroot@${place}`, `${name}.dist@${place}`], { step: 'rpmbuild', ...about });
        rpms.push(`${name}.rpmbuild@${place}`);
      }
    }
  }
  add('createrepo', rpms, { step: 'createrepo' });
  add('rpm-deps', ['createrepo'], { step: 'rpm-deps' });
  const graph = makeGraph(nodes);
  if (!graph.ok) throw new Error(graph.error.map(({ message }) => message).join('\n'));
  return { graph: graph.value, tasks };
}
