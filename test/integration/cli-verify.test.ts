import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig } from './cli-rig.js';
import { cloneQuickstart, missing } from './quickstart.js';

if (missing.length > 0) console.warn(`SKIPPED: crpm verify after builds; not on PATH: ${missing.join(', ')}`);

let rig: CliRig;
beforeEach(async () => {
  rig = new CliRig();
  await cloneQuickstart(rig);
});
afterEach(async () => {
  await rig.crpm(['serve', '--stop']);
  rig.remove();
});

const older = async () => (JSON.parse((await rig.crpm(['verify', '--json'])).out) as { older?: unknown }).older;

describe.skipIf(missing.length > 0)('crpm verify', () => {
  test('names the file that changed since the build, also when a build of it failed; put back, nothing is older', async () => {
    expect((await rig.crpm(['run'])).code).toBe(0);
    const source = join(rig.work, 'examples/quickstart/qemu/qemu-img.c');
    const spec = join(rig.work, 'examples/quickstart/qemu-kvm/qemu-kvm.spec');
    const [built, builtSpec] = [readFileSync(source, 'utf8'), readFileSync(spec, 'utf8')];

    appendFileSync(source, '#error not today\n');
    const changed = [{ node: 'qemu.source', why: 'tree: qemu-img.c changed' }];
    expect(await older()).toEqual(changed);
    expect((await rig.crpm(['run'])).code).toBe(1);
    expect(await older()).toEqual(changed);
    const { out, err, code } = await rig.crpm(['verify']);
    expect({ err, code, last: out.split('\n').at(-1) }).toEqual({ err: '', code: 0, last: 'shown: the example takes the build, which is older than its sources: qemu.source is stale (tree: qemu-img.c changed); crpm run builds it anew' });

    // What was put back is no change, whatever else was edited then.
    writeFileSync(source, built);
    const recipe = join(rig.work, 'examples/quickstart/qemu/Makefile');
    const builtRecipe = readFileSync(recipe, 'utf8');
    appendFileSync(recipe, '$(error not today)\n');
    expect(await older()).toEqual([{ node: 'qemu.source', why: 'tree: Makefile changed' }]);
    expect((await rig.crpm(['run'])).code).toBe(1);
    expect((await rig.crpm(['explain', 'qemu.rpmbuild'])).out).toMatch(/\nsince its last good run\n {2}qemu\.source {2}tree: Makefile changed {2}\(run \S+\)\n\n/);
    writeFileSync(recipe, builtRecipe);
    expect(await older()).toBeUndefined();
    expect((await rig.crpm(['plan'])).out).toContain('all fresh: nothing to do');

    // It gets as far as a build root of its own.
    writeFileSync(spec, builtSpec.replace('%install', 'false\n%install'));
    expect((await rig.crpm(['run'])).code).toBe(1);
    writeFileSync(spec, builtSpec);
    expect(await older()).toBeUndefined();
    expect((await rig.crpm(['verify'])).out).toMatch(/\nshown: the example takes the build$/);
  });

  test('after a round that stopped before rpm-deps says in one sentence that the tree names an earlier build, and what to type', async () => {
    expect((await rig.crpm(['run'])).code).toBe(0);
    const source = join(rig.work, 'examples/quickstart/qemu/qemu-img.c');
    writeFileSync(source, readFileSync(source, 'utf8').replace('usage: %s', 'Usage: %s'));
    expect((await rig.crpm(['run', 'serve'])).code).toBe(0);
    const { out, code } = await rig.crpm(['verify']);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^resolver: hack-resolver \(stand-in\): demonstration, not proof\nNOT PROVEN\nverify failed: the KubeVirt tree names the build of \d{4}-\d\d-\d\d \d\d:\d\d UTC, and since then qemu-img was built again\n {2}next: crpm run brings in what was built last; crpm watch does so with --all\.$/,
    );
    expect((await rig.crpm(['run'])).code).toBe(0);
  });
});
