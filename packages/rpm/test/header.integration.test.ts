import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRelation, readPrimary, readRpmHeader } from '@crpm/rpm';
import { buildRpms, hasRpmTools } from '../../../test/support/rpms.js';

const available = await hasRpmTools();

describe.skipIf(!available)('RPMs that rpmbuild made', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-header-'));
  let files: readonly string[] = [];
  const query = async (file: string, format: string) => (await execa('rpm', ['-qp', '--nosignature', '--qf', format, file])).stdout;
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');

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

  it('have the identity that rpm reads', async () => {
    for (const file of files) {
      const header = readRpmHeader(file);
      const [name, epoch, version, release, arch, source, isSource, time, host, vendor, payload] = lines(
        await query(file, '%{NAME}\\n%{EPOCHNUM}\\n%{VERSION}\\n%{RELEASE}\\n%{ARCH}\\n%{SOURCERPM}\\n%{SOURCEPACKAGE}\\n%{BUILDTIME}\\n%{BUILDHOST}\\n%{VENDOR}\\n%{PAYLOADCOMPRESSOR}\\n'),
      );
      const src = isSource === '1';
      expect(header).toMatchObject({ name, epoch: Number(epoch), version, release, arch: src ? 'src' : arch, buildTime: Number(time), buildHost: host, vendor, payloadCompressor: payload });
      expect(header.sourcerpm).toBe(src ? undefined : source);
    }
  });

  it('have the dependencies that rpm reads', async () => {
    for (const file of files) {
      const header = readRpmHeader(file);
      for (const [kind, tag] of [['requires', 'REQUIRE'], ['provides', 'PROVIDE']] as const) {
        const expected = lines(await query(file, `[%{${tag}NAME} %{${tag}FLAGS:depflags} %{${tag}VERSION}\\n]`)).map((line) => line.trim().replace(/ +/g, ' '));
        const ours = header[kind].map(formatRelation);
        // rpm prints no epoch where the dependency has none.
        expect(ours.map((text) => text.replace(/([<=>]) 0:/, '$1 '))).toEqual(expected.map((text) => text.replace(/([<=>]) 0:/, '$1 ')));
      }
    }
  });

  it('have the files that rpm reads', async () => {
    for (const file of files) {
      const header = readRpmHeader(file);
      const expected = lines(await query(file, '[%{FILENAMES}|%{FILEMODES}|%{FILESIZES}|%{FILEDIGESTS}|%{FILELINKTOS}\\n]'));
      expect(header.files.map((entry) => [entry.path, entry.mode, entry.size, entry.digest?.replace('sha256:', '') ?? '', entry.target ?? ''].join('|'))).toEqual(expected);
      expect(header.files.filter((entry) => entry.digest).every((entry) => /^sha256:[0-9a-f]{64}$/.test(entry.digest ?? ''))).toBe(true);
    }
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
