import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type NodeContext, type NodeOutput, type WorkspacePaths } from '@crpm/core';
import type { SourceFact } from '@crpm/pipeline/facts';
import { sourceKind } from '@crpm/pipeline/kinds/source';
import { sourcesAtHand } from '@crpm/pipeline/source/at-hand';
import type { SourceParams } from '@crpm/pipeline/params';
import { exportSnapshot, scanTree } from '@crpm/sources';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { nodeContext } from '../support/node-context.js';
import { makeWorkspace } from '../support/run-graph.js';
import { commitAll, writeTree } from '../support/trees.js';

// They start git several times; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

let root: string;
let workspace: WorkspacePaths;
let tree: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'crpm-source-')));
  workspace = makeWorkspace(join(root, 'ws'));
  tree = writeTree(join(root, 'libvirt'), { 'meson.build': 'project()\n', 'libvirt.spec.in': 'Name: libvirt\n', 'src/a.c': 'a\n', 'src/b.c': 'b\n' });
});
afterEach(() => rmSync(root, { recursive: true }));

const kind = sourceKind();
const params = (overrides: Partial<SourceParams> = {}): SourceParams => ({ package: 'libvirt', tree: { kind: 'dir', dir: tree }, specInTree: 'libvirt.spec.in', ...overrides });
const contextOf = (of: SourceParams) => nodeContext({ id: 'libvirt.source', kind: 'source', params: of }, workspace);

/** As the runner does it: looks at the inputs, then runs. */
async function run(of = params(), between: () => void = () => undefined) {
  const { context, warnings } = contextOf(of);
  const inputs = await kind.inputs(of, context);
  between();
  const fact = (await kind.run(of, context)) as SourceFact;
  return { inputs, fact, warnings, output: outputOf(context, fact) };
}

function outputOf(context: NodeContext, data: SourceFact): NodeOutput {
  return { dir: context.out, files: ['manifest.json', 'spec.json'].map((path) => ({ path, size: 0, digest: '' })), data, digest: '' };
}

async function exported(commit: string | undefined): Promise<string> {
  const dir = join(mkdtempSync(join(root, 'exported-')), 'tree');
  await exportSnapshot(workspace.cache, commit ?? '', dir);
  return dir;
}

describe('a source', () => {
  test('says where files are that its dist-git only names, whoever said so', async () => {
    const distGit = { kind: 'dir', dir: writeTree(join(root, 'dist-git'), { 'libvirt.spec': 'Name: libvirt\n' }) } as const;
    const elsewhereOf = async (elsewhere: NonNullable<SourceParams['elsewhere']>) => (await run({ package: 'libvirt', tree: { kind: 'dir', dir: tree }, distGit, elsewhere })).fact.here.elsewhere;
    expect(await elsewhereOf({ given: '/more', urlOfBasesystem: 'https://theirs' })).toEqual({ given: '/more', url: 'https://theirs' });
    expect(await elsewhereOf({ url: 'https://mine' })).toEqual({ url: 'https://mine' });
  });

  test('tells folders and snapshots as facts of this machine, everything else by content', async () => {
    const one = await run();
    const elsewhere = writeTree(join(root, 'copy'), Object.fromEntries((await scanTree(tree)).entries.map(({ path }) => [path, readFileSync(join(tree, path), 'utf8')])));
    const other = await run(params({ tree: { kind: 'dir', dir: elsewhere } }));
    expect(one.fact.here).toEqual({ dir: tree, snapshot: expect.stringMatching(/^[0-9a-f]{40}$/) as string });
    expect({ ...other.fact, here: null }).toEqual({ ...one.fact, here: null });
    expect(other.fact.here).toEqual({ dir: elsewhere, snapshot: one.fact.here.snapshot });
  });

  test('keeps a snapshot of the tree and of the dist-git folder', async () => {
    const distGit = writeTree(join(root, 'dist-git'), { 'libvirt.spec': 'Name: libvirt\n' });
    const { fact } = await run(params({ distGit: { kind: 'dir', dir: distGit } }));
    expect((await scanTree(await exported(fact.here.snapshot))).digest).toBe(fact.digest);
    expect((await scanTree(await exported(fact.here.specSnapshot))).digest).toBe(fact.specDigest);
    expect(fact.here.specDir).toBe(distGit);
  });

  test('whose sources alone changed reads the same to a build root', async () => {
    const before = await run();
    appendFileSync(join(tree, 'src/a.c'), 'more\n');
    const edited = await run();
    expect(edited.fact.digest).not.toBe(before.fact.digest);
    expect(edited.fact.specInputs).toBe(before.fact.specInputs);
    appendFileSync(join(tree, 'libvirt.spec.in'), '# more\n');
    expect((await run()).fact.specInputs).not.toBe(before.fact.specInputs);
  });

  test('names the files that changed since a result', async () => {
    const { output } = await run();
    appendFileSync(join(tree, 'src/a.c'), 'more\n');
    writeFileSync(join(tree, 'src/new.c'), 'new\n');
    const [input] = await kind.inputs(params(), contextOf(params()).context);
    const before = await kind.recordedParts?.(output, 'tree');
    const changed = [...(input?.parts ?? [])].filter(([path, content]) => before?.get(path) !== content).map(([path]) => path);
    expect(changed).toEqual(['src/a.c', 'src/new.c']);
    expect(await kind.recordedParts?.(output, 'something else')).toBeUndefined();
  });

  test('that is saved between the look and the run is taken as it is then, and the snapshot agrees', async () => {
    const { fact } = await run(params(), () => { appendFileSync(join(tree, 'src/a.c'), 'saved\n'); });
    expect(fact.digest).toBe((await scanTree(tree)).digest);
    expect((await scanTree(await exported(fact.here.snapshot))).digest).toBe(fact.digest);
  });

  test('whose snapshot can not be kept is built all the same, with a warning', async () => {
    writeFileSync(join(workspace.cache, 'snapshots.git'), 'in the way');
    const { fact, warnings } = await run();
    expect(fact.here).toEqual({ dir: tree });
    expect(warnings).toEqual([expect.stringMatching(/^no snapshot of .* could be kept, so crpm source export can't recreate this build: /)]);
  });
});

describe('a source that crpm gets', () => {
  const upstream = () => {
    commitAll(tree);
    return params({ tree: { kind: 'git', git: `file://${tree}`, ref: 'main', lockFile: join(root, 'custom-rpms.lock.yaml') } });
  };

  test('is stale when the lock file names another commit, when its entry is gone, and when its files are', async () => {
    const of = upstream();
    const { output, fact, inputs } = await run(of);
    const stale = () => kind.stale?.(of, output, contextOf(of).context);
    expect(inputs).toEqual([]);
    expect(await stale()).toBeUndefined();
    const lockFile = join(root, 'custom-rpms.lock.yaml');
    const text = readFileSync(lockFile, 'utf8');
    writeFileSync(lockFile, text.replace(fact.here.pin ?? '', 'a'.repeat(40)));
    expect(await stale()).toBe(`custom-rpms.lock.yaml names another commit of file://${tree}`);
    rmSync(lockFile);
    expect(await stale()).toBe(`custom-rpms.lock.yaml names another commit of file://${tree}`);
    writeFileSync(lockFile, text);
    rmSync(fact.here.dir, { recursive: true });
    expect(await stale()).toBe(`the cache has the files of file://${tree} no more`);
  });

  test('can look at its trees anew without fetching as long as it is stale for nothing; else it is not asked to', async () => {
    const of = upstream();
    const { output, fact } = await run(of);
    const node = { id: 'libvirt.source', kind: 'source', title: '', needs: [], params: of };
    const graph = { nodes: new Map([[node.id, node], ['base', { ...node, id: 'base', kind: 'base' }]]) };
    expect(await sourcesAtHand(graph, () => output)).toEqual(['libvirt.source']);
    expect(await sourcesAtHand(graph, () => undefined)).toEqual([]);
    // Neither what it came from nor crpm's mirror of that is needed.
    rmSync(tree, { recursive: true });
    rmSync(join(workspace.cache, 'git'), { recursive: true });
    expect((await run(of)).fact).toEqual(fact);
    rmSync(join(root, 'custom-rpms.lock.yaml'));
    expect(await sourcesAtHand(graph, () => output)).toEqual([]);
  });

  test('gives the same facts as its folder would', async () => {
    const fetched = await run(upstream());
    const folder = await run();
    expect({ ...fetched.fact, here: null }).toEqual({ ...folder.fact, here: null });
    expect(fetched.fact.here.snapshot).toBe(folder.fact.here.snapshot);
  });

  test('fails as what it is: a ref that is not there is the config’s fault', async () => {
    const of = upstream();
    const failure = await kind.run({ ...of, tree: { ...of.tree, ref: 'gone' } as SourceParams['tree'] }, contextOf(of).context).catch(toFailure);
    expect(failure).toMatchObject({ class: 'usage', message: expect.stringContaining('has no branch or tag gone; its branches: main') as string });
  });
});
