import { describe, expect, it } from 'vitest';
import { makeGraph, select, layers, type Graph, type GraphNode, type Selection } from '../src/index.js';

const node = (id: string, ...needs: string[]): GraphNode => ({
  id,
  kind: 'test',
  title: id,
  needs,
  params: null,
  ...(id.includes('.') ? { group: id.split('.')[0]! } : {}),
});

function graphOf(...nodes: GraphNode[]): Graph {
  const made = makeGraph(nodes);
  if (!made.ok) throw new Error(JSON.stringify(made.error));
  return made.value;
}

const graph = graphOf(
  node('base'),
  node('qemu.source'),
  node('qemu.rpmbuild', 'qemu.source', 'base'),
  node('libvirt.source'),
  node('libvirt.rpmbuild', 'libvirt.source', 'base'),
  node('createrepo', 'qemu.rpmbuild', 'libvirt.rpmbuild'),
  node('serve', 'createrepo'),
);

const roles = (selection: Partial<Selection>): Record<string, string> | string => {
  const result = select(graph, { targets: [], only: [], skip: [], from: [], force: false, ...selection });
  return result.ok ? Object.fromEntries(result.value.roles) : result.error;
};

describe('select', () => {
  it('takes everything when nothing is named', () => {
    expect(Object.values(roles({}))).toEqual(Array(7).fill('normal'));
  });

  it('takes an id without a place for all places, and a glob of places for some', () => {
    const matrix = graphOf(node('a.rpmbuild@x86_64_cs9'), node('a.rpmbuild@aarch64_cs10'), node('a.rpmbuild-x'));
    const taken = (target: string) => {
      const result = select(matrix, { targets: [target], only: [], skip: [], from: [], force: false });
      return result.ok ? [...result.value.graph.nodes.keys()] : result.error;
    };
    expect(taken('a.rpmbuild')).toEqual(['a.rpmbuild@x86_64_cs9', 'a.rpmbuild@aarch64_cs10']);
    expect(taken('*.rpmbuild')).toEqual(['a.rpmbuild@x86_64_cs9', 'a.rpmbuild@aarch64_cs10']);
    expect(taken('*@*cs10')).toEqual(['a.rpmbuild@aarch64_cs10']);
    expect(taken('a.rpmbuild@x86_64_cs10')).toContain('there is no node a.rpmbuild@x86_64_cs10');
  });

  it('takes a target and what it needs', () => {
    expect(roles({ targets: ['libvirt.rpmbuild'] })).toEqual({ base: 'normal', 'libvirt.source': 'normal', 'libvirt.rpmbuild': 'normal' });
  });

  it('runs exactly what --only names, on the results that its needs have', () => {
    expect(roles({ only: ['libvirt.*'] })).toEqual({ base: 'as-is', 'libvirt.source': 'normal', 'libvirt.rpmbuild': 'normal' });
  });

  it('refuses what it would pass over in silence', () => {
    const outside = (what: string) => `--from ${what}: that is no part of this run; leave it out, or name nodes that need it`;
    expect(roles({ targets: ['libvirt.rpmbuild'], from: ['serve'] })).toBe(outside('serve'));
    expect(roles({ only: ['libvirt.rpmbuild'], from: ['serve'] })).toBe(outside('serve'));
    expect(roles({ only: ['libvirt.rpmbuild'], from: ['libvirt.source'] })).toBe(outside('libvirt.source'));
    expect(roles({ only: ['libvirt.rpmbuild'], skip: ['libvirt'] })).toBe('--only libvirt.rpmbuild is of a package that --skip leaves out, so nothing is left to run');
    expect(roles({ only: ['libvirt.*', 'serve'], skip: ['libvirt'] })).toMatchObject({ 'libvirt.rpmbuild': 'skipped', serve: 'normal' });
  });

  it('leaves the nodes of a skipped package alone', () => {
    expect(roles({ skip: ['qemu'] })).toMatchObject({ 'qemu.source': 'skipped', 'qemu.rpmbuild': 'skipped', createrepo: 'normal' });
  });

  it('runs a node and all that rests on it with --from', () => {
    expect(roles({ from: ['libvirt.source'] })).toEqual({
      base: 'normal',
      'qemu.source': 'normal',
      'qemu.rpmbuild': 'normal',
      'libvirt.source': 'forced',
      'libvirt.rpmbuild': 'forced',
      createrepo: 'forced',
      serve: 'forced',
    });
  });

  it('forces what --only names, not what that needs', () => {
    expect(roles({ only: ['createrepo'], force: true })).toMatchObject({ createrepo: 'forced', 'qemu.rpmbuild': 'as-is' });
  });

  it('names what exists when a pattern matches nothing', () => {
    expect(roles({ targets: ['libvirt.rpm'] })).toBe(
      'there is no node libvirt.rpm; those of libvirt are: libvirt.source, libvirt.rpmbuild',
    );
    // The name of a package is its last node.
    expect(roles({ only: ['libvirt'] })).toEqual(roles({ only: ['libvirt.rpmbuild'] }));
    expect(roles({ skip: ['libvrt'] })).toBe('--skip libvrt: there is no such package; the packages are: qemu, libvirt');
  });

  it('reads the characters of regular expressions as themselves', () => {
    expect(roles({ targets: ['libvirt+rpmbuild'] })).toContain('there is no node');
    expect(roles({ targets: ['('] })).toContain('there is no node (');
  });
});

describe('makeGraph', () => {
  it('prints the exact cycle', () => {
    const made = makeGraph([node('a', 'b'), node('b', 'c'), node('c', 'b')]);
    expect(made).toEqual({ ok: false, error: [{ severity: 'error', message: 'nodes need each other in a circle: b → c → b' }] });
  });

  it('reports a node that needs itself', () => {
    const made = makeGraph([node('a', 'a')]);
    expect(made.ok ? [] : made.error.map((d) => d.message)).toEqual(['nodes need each other in a circle: a → a']);
  });

  it('reports all unknown needs at once', () => {
    const made = makeGraph([node('a', 'x'), node('b', 'y')]);
    expect(made.ok ? [] : made.error.map((d) => d.message)).toEqual([
      'a needs x, which does not exist; the nodes are: a, b',
      'b needs y, which does not exist; the nodes are: a, b',
    ]);
  });

  it('finds a cycle at the end of a chain of 100,000 without recursion', () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => node(`n${i}`, `n${(i + 1) % 100_000}`));
    expect(makeGraph(chain).ok).toBe(false);
  });
});

describe('layers', () => {
  it('puts into one layer what can run at the same time', () => {
    expect(layers(graph).map((layer) => layer.map((n) => n.id))).toEqual([
      ['base', 'qemu.source', 'libvirt.source'],
      ['qemu.rpmbuild', 'libvirt.rpmbuild'],
      ['createrepo'],
      ['serve'],
    ]);
  });
});
