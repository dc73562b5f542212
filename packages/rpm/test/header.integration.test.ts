import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRelation, readPrimary, readRpmHeader } from '@crpm/rpm';
import { askReader, askRpm, withoutZeroEpochs } from '../../../test/support/rpm-query.js';
import { buildRpms, hasRpmTools } from '../../../test/support/rpms.js';

const available = await hasRpmTools();

describe.skipIf(!available)('RPMs that rpmbuild made', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-header-'));
  let files: readonly string[] = [];

  beforeAll(async () => {
    const withEpoch = await buildRpms(join(dir, 'a'), {
      source: 'demo-qemu',
      epoch: 17,
      version: '10.1.0~rc1',
      release: '20.el9.crpm0001',
      rpms: [
        { name: 'demo-img', requires: ['demo-common = 17:10.1.0~rc1-20.el9.crpm0001', 'libc.so.6()(64bit)'], provides: ['demo-tool = 3', 'plain'] },
        { name: 'demo-common', noarch: true },
      ],
    });
    const plain = await buildRpms(join(dir, 'b'), { source: 'demo-libvirt', version: '12.5.0^git1', release: '1.el9', rpms: [{ name: 'libstdc++demo' }] });
    files = [...withEpoch, ...plain];
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('are of every kind: with epoch, noarch, source', () => {
    expect(files.map((file) => basename(file))).toEqual([
      'demo-common-10.1.0~rc1-20.el9.crpm0001.noarch.rpm',
      `demo-img-10.1.0~rc1-20.el9.crpm0001.${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.rpm`,
      'demo-qemu-10.1.0~rc1-20.el9.crpm0001.src.rpm',
      `libstdc++demo-12.5.0^git1-1.el9.${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.rpm`,
      'demo-libvirt-12.5.0^git1-1.el9.src.rpm',
    ]);
  });

  it('have the identity, the dependencies and the files that rpm reads', () => {
    const theirs = askRpm(files);
    expect(theirs).toHaveLength(files.length);
    expect(files.map((file) => withoutZeroEpochs(askReader(file)))).toEqual(theirs.map(withoutZeroEpochs));
    // Said in the open once, so that two readers that both see nothing would not agree.
    const img = askReader(files[1] ?? '').split('\n');
    expect(img.slice(0, 4)).toEqual(['demo-img', '17', '10.1.0~rc1', '20.el9.crpm0001']);
    expect(img).toEqual(
      expect.arrayContaining([
        'requires demo-common = 17:10.1.0~rc1-20.el9.crpm0001',
        'requires libc.so.6()(64bit)',
        'provides demo-tool = 0:3',
        'provides plain',
        expect.stringMatching(/^\/usr\/share\/crpm-test\/demo-img\|33188\|\d+\|[0-9a-f]{64}\|$/),
        expect.stringMatching(/^\/usr\/share\/crpm-test\/demo-img\.link\|41471\|\d+\|\|demo-img$/),
      ]),
    );
  });

  it('name what made them', () => {
    for (const file of files) expect(readRpmHeader(file)).toMatchObject({ vendor: 'crpm tests', buildHost: 'builder.invalid', payloadCompressor: 'gzip' });
  });

  it('are described by createrepo_c as by their headers', async () => {
    await execa('createrepo_c', ['--quiet', '--general-compress-type', 'gz', '--checksum', 'sha256', dir]);
    const packages = await readPrimary(dir);
    expect(packages).toHaveLength(files.length);
    for (const file of files) {
      const header = readRpmHeader(file);
      const listed = packages.find((rpm) => rpm.name === header.name && rpm.arch === header.arch) ?? expect.fail(header.name);
      expect([listed.epoch, listed.version, listed.release, listed.sourcerpm, join(dir, listed.location)]).toEqual([header.epoch, header.version, header.release, header.sourcerpm ?? '', file]);
      expect(listed.provides.map(formatRelation).sort()).toEqual(header.provides.map(formatRelation).sort());
      // createrepo_c leaves out what only rpm itself provides.
      expect(listed.requires.map(formatRelation).sort()).toEqual(header.requires.map(formatRelation).filter((text) => !text.startsWith('rpmlib(')).sort());
    }
  });
});
