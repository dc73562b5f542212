import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RpmsFact } from '@crpm/pipeline/facts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliRig } from '../integration/cli-rig.js';
import { HOST_VARIABLE } from './dockerd.js';
import { prepareTestImage } from './image.js';
import { TreeKinds } from './tree-kinds.js';

const dockerHost = process.env[HOST_VARIABLE];
const LACKING = ['/usr/bin/rpmbuild', '/usr/bin/meson', '/usr/bin/createrepo_c', '/usr/include/libvirt-glib-1.0/libvirt-glib/libvirt-glib.h', '/usr/bin/rst2man'].filter((file) => !existsSync(file));

/**
 * Builds libvirt-dbus by the real command line from trees of these kinds, on both engines, each with a marker of its own that must be found in the binary of the RPM
 * that comes out; and looks that nothing in the user's tree, its `.git` included, was touched.
 */
export function describeMarkedBuilds(kinds: readonly string[]): void {
  if (dockerHost === undefined) console.warn("SKIPPED: libvirt-dbus from trees of many kinds, in containers: there is no engine of the tests' own");
  if (LACKING.length > 0) console.warn(`SKIPPED: libvirt-dbus from trees of many kinds, on this machine, which lacks ${LACKING.join(', ')}`);
  describe.each([
    { engine: 'docker', skip: dockerHost === undefined },
    { engine: 'host', skip: LACKING.length > 0 },
  ] as const)('libvirt-dbus, engine $engine, built from', ({ engine, skip }) => {
    describe.skipIf(skip)('', () => {
      let rig: CliRig;
      let trees: TreeKinds;
      let image = '';

      beforeAll(async () => {
        rig = new CliRig();
        trees = await TreeKinds.make(join(rig.root, 'trees'));
        if (engine === 'docker') image = await prepareTestImage({ dockerHost: dockerHost ?? '' });
      });
      afterAll(async () => {
        await rig.crpm(['clean', '--all']);
        await trees.close();
        rig.remove();
      });

      test.each(kinds)('%s', async (kind) => {
        const marker = `Marked in ${kind} for ${engine}.`;
        const { fields, dir } = await trees.kinds[kind]!(marker); // the caller names kinds that there are
        const before = dir === undefined ? '' : stateOf(dir);
        rig.write({ 'custom-rpms.config.yaml': config(engine, image, fields) });
        const run = await rig.crpm(['run', 'createrepo', '--reporter', 'ndjson']);
        expect(run.code, run.out.slice(-4000) + run.err).toBe(0);
        expect(textOf(join(rig.work, '.crpm', 'repo', 'current'), rpmIn(run.out), '/usr/sbin/libvirt-dbus')).toContain(marker);
        if (dir !== undefined) expect(stateOf(dir)).toBe(before);
      });
    });
  });
}

function config(engine: 'docker' | 'host', image: string, fields: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    basesystem: engine === 'host' ? 'host' : 'debian-as-el9',
    kubevirt: false,
    engine: engine === 'host' ? { kind: 'host' } : { kind: 'docker', host: dockerHost },
    ...(engine === 'docker' && { basesystems: { 'debian-as-el9': { image, dist: '.el9', stream: 9, kubevirtBasesystem: 'centos-stream-release' } } }),
    sources: {
      'libvirt-dbus': {
        ...fields,
        kind: 'meson-dist',
        spec: { tree: 'libvirt-dbus.spec.in' },
        // Debian's systemd has its units there.
        build: { defines: { _unitdir: '/lib/systemd/system' } },
      },
    },
  });
}

/** Name and sha256 of the RPM that a run, told as lines of JSON, gave. */
function rpmIn(ndjson: string): RpmsFact['rpms'][number] {
  const events = ndjson.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { readonly type: string; readonly node?: string; readonly data?: unknown });
  const built = events.find((event) => event.type === 'node-finished' && event.node === 'libvirt-dbus.rpmbuild')?.data as RpmsFact | undefined;
  const rpm = built?.rpms.find(({ name }) => name === 'libvirt-dbus');
  if (!rpm) throw new Error('the run gave no RPM of libvirt-dbus');
  return rpm;
}

function textOf(repository: string, rpm: RpmsFact['rpms'][number], path: string): string {
  const [file] = execFileSync('find', ['-L', repository, '-path', `*/by-sha256/${rpm.sha256}/*.rpm`], { encoding: 'utf8' }).split('\n');
  return execFileSync('sh', ['-c', 'rpm2archive - <"$1" | tar -xzO ".$2"', 'sh', file ?? '', path], { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 });
}

/** Names, sizes and times of everything in a tree, `.git` included. */
function stateOf(dir: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %s %m %T@ %C@ %l\n'], { cwd: dir, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n').sort().join('\n');
}
