import { createReadStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeRepodata } from '../../packages/pipeline/test/predict/repodata.js';
import { resolverRpm, type WrittenRpm } from '../../packages/pipeline/test/predict/universes.js';
import { failureOf, lacksBuildTools, outcomes, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

const ARCH = process.arch === 'arm64' ? 'aarch64' : process.arch === 's390x' ? 's390x' : 'x86_64';
const SYSTEM: WrittenRpm = { name: 'centos-stream-release', evr: '0:9-1.el9', arch: 'noarch' };

/** `launcherbase` of every architecture asks for `lines`, one a line as in KubeVirt's lists, and for `more`. */
const scriptOf = (lines: readonly string[], more = '') => `#!/bin/sh
TINY_VERSION=\${TINY_VERSION:-0:0.9-1.el9}
PASST_VERSION=\${PASST_VERSION:-0:1-1.el9}
main="
${lines.map((line) => `  ${line}\n`).join('')}"
bazeldnf rpmtree --name "launcherbase_\${SINGLE_ARCH}_cs9" --basesystem centos-stream-release --repofile rpm/repo-cs9.yaml $main ${more}
`;

describe.skipIf(lacksBuildTools())('foresight', () => {
  let rig: CliRig;
  let server: Server;
  let asked: string[];
  beforeEach(async () => {
    rig = new CliRig();
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const file = join(rig.root, 'www', request.url ?? '');
      if (existsSync(file) && statSync(file).isFile()) createReadStream(file).pipe(response);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.close();
    rig.remove();
  });

  /** A package of one RPM, and a KubeVirt tree that asks for this of a distribution that has that. */
  function project(requests: readonly string[], official: readonly WrittenRpm[]): void {
    mkdirSync(join(rig.root, 'www'));
    writeRepodata(join(rig.root, 'www'), [SYSTEM, ...official].map((rpm) => resolverRpm({ arch: ARCH, ...rpm })));
    const { port } = server.address() as AddressInfo;
    const files = tinyProject(tinySpec());
    rig.write({
      ...files,
      'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: { dir: kubevirt }\nsources:\n  tiny: { dir: tree, spec: { dir: dist-git }, pin: { variable: TINY_VERSION, rpms: [tiny] } }\n',
      'kubevirt/WORKSPACE': '',
      'kubevirt/rpm/BUILD.bazel': '',
      'kubevirt/hack/rpm-deps.sh': scriptOf(requests),
      'kubevirt/rpm/repo-cs9.yaml': `repositories:\n- { name: official, arch: ${ARCH}, baseurl: "http://127.0.0.1:${String(port)}/" }\n`,
    });
  }

  test('a subpackage that KubeVirt pins and the spec does not make ends the run with 1 before anything compiles', async () => {
    project(['tiny-${TINY_VERSION}', 'tiny-libs-${TINY_VERSION}'], []);
    const { code, out } = await rig.crpm(['run']);
    expect([code, outcomes(out)]).toEqual([1, expect.objectContaining({ 'tiny.buildroot': 'ran', 'tiny.predict': 'failed', 'tiny.rpmbuild': 'not run', createrepo: 'not run' })]);
    expect(failureOf(out, 'tiny.predict')).toMatch(new RegExp(`^tiny\\.predict failed: launcherbase_${ARCH}_cs9: asks for tiny-libs-0:1\\.0-1\\.\\S+crpm0001 \\(TINY_VERSION\\), but tiny does not make tiny-libs\\n {2}next: Let the spec make it`));
  });

  test('a pin of the tree that rotted is told before anything compiles, with the line to set; it keeps nobody from building, only KubeVirt from choosing', async () => {
    project(['tiny-${TINY_VERSION}', 'passt-${PASST_VERSION}'], [{ name: 'passt', evr: '0:2-1.el9' }]);
    const told = 'asks for passt-0:1-1.el9, which is no longer in any repository; the newest passt is 0:2-1.el9';
    const line = 'Set rpmDeps.versions: { PASST_VERSION: 0:2-1.el9 } in the config';
    const built = await rig.crpm(['run', 'createrepo']);
    expect([built.code, built.out]).toEqual([0, expect.stringContaining(`tiny.predict: warning: launcherbase_${ARCH}_cs9: ${told}. ${line}`)]);
    const rotten = await rig.crpm(['run', 'predict']);
    expect([rotten.code, failureOf(rotten.out, 'predict')]).toEqual([1, expect.stringContaining(`${told}\n  next: ${line}`)]);
    expect(await rig.crpm(['run', 'predict'], { env: { PASST_VERSION: '0:2-1.el9' } })).toMatchObject({ code: 0 });
  });

  test('what may go wrong is a warning; an edit of the tree asks nobody again, and a changed script builds nothing again', async () => {
    project(['tiny'], [{ name: 'tiny', evr: '0:9-1.el9' }]);
    const first = await rig.crpm(['run', 'tiny.rpmbuild']);
    expect(first.code).toBe(0);
    expect(first.out).toContain('tiny.predict: foretold from the repositories of rpm/repo-cs9.yaml');
    expect(first.out).not.toContain('is older than the distribution'); // It is pinned in the private copy's script.
    expect(asked).toEqual(['/repodata/repomd.xml', '/repodata/primary.xml.gz']);

    rig.write({ 'tree/text': 'another text\n' });
    expect(outcomes((await rig.crpm(['run', 'tiny.rpmbuild'])).out)).toMatchObject({ 'tiny.buildroot': 'fresh', 'tiny.predict': 'fresh', 'tiny.rpmbuild': 'ran' });
    expect(asked).toHaveLength(2);

    rig.write({ 'kubevirt/hack/rpm-deps.sh': scriptOf([], 'tiny') });
    const again = await rig.crpm(['run', 'tiny.rpmbuild']);
    expect(outcomes(again.out)).toMatchObject({ 'tiny.predict': 'ran', 'tiny.rpmbuild': 'fresh' });
    expect(again.out).toContain("tiny.predict: warning: tiny 0:1.0-1");
    expect(again.out).toContain("is older than the distribution's 0:9-1.el9, and not everything that leads to it asks for a version");
    // The mirror did not move, so only that was asked.
    expect(asked.slice(2)).toEqual(['/repodata/repomd.xml']);
  });

  test('a mirror that is down turns nothing red: names and versions of WORKSPACE have to do, and it says so', async () => {
    project(['tiny-${TINY_VERSION}', 'passt-${PASST_VERSION}'], []);
    rig.write({ 'kubevirt/rpm/repo-cs9.yaml': `repositories:\n- { name: official, arch: ${ARCH}, baseurl: "http://127.0.0.1:1/" }\n` });
    const { code, out } = await rig.crpm(['run', 'tiny.rpmbuild']);
    expect(code).toBe(0);
    expect(out).toContain('tiny.predict: foretold from the rules of WORKSPACE, which have names and versions only (cannot read http://127.0.0.1:1/repodata/repomd.xml: ');
  });

  test('plan, graph and explain know it; without a KubeVirt tree there is none', async () => {
    project(['tiny-${TINY_VERSION}'], []);
    expect((await rig.crpm(['graph'])).out).toContain('tiny.predict');
    expect((await rig.crpm(['plan', 'tiny.rpmbuild'])).out).toMatch(/tiny\.predict +\S/);
    expect((await rig.crpm(['run', '--only', 'tiny.predict'])).code).toBe(0);
    expect((await rig.crpm(['explain', 'tiny.predict'])).out).toContain('kubevirt/hack/rpm-deps.sh');
    rig.write(tinyProject(tinySpec()));
    expect((await rig.crpm(['graph'])).out).not.toMatch(/predict|closure/);
  });
});
