import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configs, pages } from '../support/docs.js';
import { copyQuickstart, lacksBuildTools, stateOf } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/** The configs below a heading of the cookbook, as they stand there. */
function recipe(heading: string): readonly string[] {
  const page = pages().find(({ path }) => path === 'docs/cookbook.md');
  const text = page?.text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`));
  if (text === undefined) throw new Error(`the cookbook has no recipe ${heading}`);
  return configs({ path: 'docs/cookbook.md', text }).map((example) => example.text);
}

const rig = new CliRig();
let path: (path: string) => string;
let server: Server;

/** Runs a recipe in the example's trees, for this machine. */
async function run(config: string): Promise<string> {
  rig.write({ 'examples/quickstart/kubevirt/custom-rpms.config.yaml': `basesystem: host\n${config}` });
  const { code, out, err } = await rig.crpm(['run'], { cwd: path('kubevirt') });
  expect(code, out.split('\n').slice(-60).join('\n') + err).toBe(0);
  expect(out).toContain('\nshown: the example takes the build');
  return out;
}

// Of the other recipes the streams, architectures and engines have tests of their own, and docs-commands.test.ts runs all command lines.
describe.skipIf(lacksBuildTools())('a recipe of the cookbook, word for word, in the example', () => {
  beforeAll(async () => {
    path = copyQuickstart(rig);
    mkdirSync(path('rpms'));
    server = createServer((request, response) => response.end(readFileSync(join(rig.work, 'served', basename(request.url ?? '')))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await rig.crpm(['serve', '--stop'], { cwd: path('kubevirt') });
    await new Promise((resolve) => server.close(resolve));
    rig.remove();
  });

  test('only libvirt', async () => {
    const [only = ''] = recipe('Only libvirt');
    const out = await run(only);
    expect(out).toMatch(/^libvirt-libs +\S+ +\S+ +taken/m);
    expect(out).not.toContain('qemu.rpmbuild');
  });

  test('a downstream QEMU, then its RPMs at hand, then a repository that is published already', async () => {
    const [tree = '', dropped = ''] = recipe('A qemu-kvm downstream tree');
    cpSync(path('qemu'), path('qemu-kvm-src'), { recursive: true });
    rig.write({ 'examples/quickstart/qemu-kvm-src/configs/devices/x86_64-softmmu/x86_64-rh-devices.mak': '' });
    expect(await run(tree)).toMatch(/^qemu-kvm-core +\S+ +\S+ +taken/m);
    expect(await run(dropped)).toMatch(/^qemu-kvm-core +\S+ +\S+ +taken/m);

    const [built = '', published = ''] = recipe('Prebuilt RPMs');
    const current = join(stateOf(rig).dir, 'repo/current/');
    const rpms = readdirSync(current, { recursive: true, encoding: 'utf8' }).filter((file) => /\/qemu-[^/]*\.rpm$/.test(file));
    for (const file of rpms) cpSync(join(current, file), join(file.includes('/qemu-img-') ? join(rig.work, 'served') : path('rpms'), basename(file)));
    const address = (at: string) => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${at}`;
    const image = rpms.map((file) => basename(file)).find((file) => file.startsWith('qemu-img-')) ?? '';
    const out = await run(built.replace(/https:[^"]*\.rpm/, address(image)));
    expect([out.match(/^qemu\S* +\S+ +\S+ +taken/gm)?.length, out.match(/^libvirt\S* +\S+ +\S+ +taken/gm)?.length]).toEqual([4, 4]);

    const served = (await rig.crpm(['serve', '--status'], { cwd: path('kubevirt') })).out;
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(served)?.[0] ?? served;
    await run(published.replace(/https:[^"]*/, `${url}host/x86_64/`));
    // It was started when the config had another serve.mode.
    expect(await rig.crpm(['serve', '--stop'], { cwd: path('kubevirt') })).toMatchObject({ code: 0, out: expect.stringMatching(/^stopped/) as string });
  });
});
