import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatRelation, readPrimary } from '@crpm/rpm';

const PRIMARY = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="2">
<package type="rpm">
  <name>libvirt-libs</name><arch>x86_64</arch><version epoch="0" ver="12.5.0" rel="1.el9"/>
  <checksum type="sha256" pkgid="YES">${'A'.repeat(64)}</checksum>
  <summary>a &amp; b</summary><size package="123" installed="1" archive="1"/>
  <location href="by-sha256/aa/libvirt-libs.rpm"/>
  <format><rpm:sourcerpm>libvirt-12.5.0-1.el9.src.rpm</rpm:sourcerpm>
    <rpm:provides><rpm:entry name="libvirt-libs" flags="EQ" epoch="0" ver="12.5.0" rel="1.el9"/></rpm:provides>
    <rpm:requires><rpm:entry name="libc.so.6()(64bit)"/><rpm:entry name="qemu-kvm" flags="GE" epoch="17" ver="9"/></rpm:requires>
    <rpm:conflicts><rpm:entry name="no"/></rpm:conflicts>
  </format>
</package>
<package type="rpm">
  <name>libvirt</name><arch>src</arch><version epoch="0" ver="12.5.0" rel="1.el9"/>
  <checksum type="sha256" pkgid="YES">${'b'.repeat(64)}</checksum><location xml:base="http://m/x" href="l.src.rpm"/><format/>
</package>
</metadata>`;

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repodata-'));
  mkdirSync(join(folder, 'repodata'));
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Writes a repository whose repomd.xml tells the truth, unless told otherwise. */
function repository(lies: { name?: string; bytes?: Uint8Array; type?: string; digest?: string; size?: number; href?: string } = {}) {
  const { name = 'primary.xml.gz', bytes = gzipSync(PRIMARY), type = 'sha256', digest = '' } = lies;
  const { size = bytes.length, href = `repodata/${name}` } = lies;
  writeFileSync(join(folder, 'repodata', name), bytes);
  const checksum = digest || createHash('sha256').update(bytes).digest('hex');
  writeFileSync(
    join(folder, 'repodata/repomd.xml'),
    `<repomd><data type="primary"><checksum type="${type}">${checksum}</checksum><location href="${href}"/><size>${size}</size></data></repomd>`,
  );
}

describe('the packages of a repository', () => {
  it('are read from gzip and plain metadata, in a folder or at a file address', async () => {
    repository();
    const packages = await readPrimary(folder);
    expect(packages).toMatchObject([
      { name: 'libvirt-libs', epoch: 0, version: '12.5.0', release: '1.el9', arch: 'x86_64', checksum: 'a'.repeat(64), checksumType: 'sha256' },
      { name: 'libvirt', arch: 'src', sourcerpm: '', location: 'http://m/x/l.src.rpm' },
    ]);
    expect(packages[0]).toMatchObject({ location: 'by-sha256/aa/libvirt-libs.rpm', sourcerpm: 'libvirt-12.5.0-1.el9.src.rpm', size: 123 });
    expect(packages[0]?.requires.map(formatRelation)).toEqual(['libc.so.6()(64bit)', 'qemu-kvm >= 17:9']);
    expect(packages[0]?.provides.map(formatRelation)).toEqual(['libvirt-libs = 0:12.5.0-1.el9']);

    repository({ name: 'primary.xml', bytes: Buffer.from(PRIMARY) });
    expect(await readPrimary(pathToFileURL(folder).href)).toEqual(packages);
  });

  it('are read over http, and only those that are wanted kept', async () => {
    repository();
    server = createServer((request, response) => {
      createReadStream(join(folder, (request.url ?? '').replace('/repo/', ''))).pipe(response);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const packages = await readPrimary(`http://127.0.0.1:${port}/repo`, { keep: (rpm) => rpm.arch !== 'src' });
    expect(packages.map((rpm) => rpm.name)).toEqual(['libvirt-libs']);
  });
});

describe('a repository that can’t be trusted is refused with its cause', () => {
  const complaint = () => readPrimary(folder).then(() => 'none', (error: Error) => error.message.replaceAll(folder, 'REPO'));

  it('when it is not there', async () => {
    expect(await complaint()).toBe("cannot read REPO/repodata/repomd.xml: ENOENT: no such file or directory, open 'REPO/repodata/repomd.xml'");
  });

  it('when a server is not there or says no', async () => {
    server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const base = `http://127.0.0.1:${port}`;
    await expect(readPrimary(base)).rejects.toThrowError(`cannot read ${base}/repodata/repomd.xml: the server answers 404 Not Found`);
    await new Promise((resolve) => server?.close(resolve));
    await expect(readPrimary(base)).rejects.toThrowError(`cannot read ${base}/repodata/repomd.xml: fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it('when bytes differ from the checksum', async () => {
    repository({ digest: '0'.repeat(64) });
    expect(await complaint()).toMatch(/^cannot read REPO\/repodata\/primary\.xml\.gz: its sha256 is [0-9a-f]{64}, and repomd\.xml says 0{64}$/);
  });

  it('when it is cut, wherever', async () => {
    const whole = gzipSync(PRIMARY);
    const digest = createHash('sha256').update(whole).digest('hex');
    for (let length = 0; length < whole.length; length += 7) {
      repository({ bytes: whole.subarray(0, length), digest, size: whole.length });
      expect(await complaint()).toMatch(/^cannot read REPO\/repodata\/primary\.xml\.gz: it is cut: \d+ of \d+ bytes$/);
    }
  });

  it('when it is longer than it says', async () => {
    repository({ size: 10 });
    expect(await complaint()).toBe('cannot read REPO/repodata/primary.xml.gz: it is longer than 10 bytes');
  });

  it('when it is compressed or summed in a way that the resolver can’t read', async () => {
    repository({ name: 'primary.xml.zst' });
    expect(await complaint()).toBe("REPO/repodata/primary.xml.zst is compressed in a way that KubeVirt's resolver may not read; gzip it can");
    repository({ type: 'sha512' });
    expect(await complaint()).toBe("REPO/repodata/primary.xml.gz has a sha512 checksum; KubeVirt's resolver reads sha256 in every version");
  });

  it('when it is no such XML', async () => {
    repository({ bytes: gzipSync('<metadata><package><name>x</name></package></metadata>') });
    expect(await complaint()).toBe('cannot read REPO/repodata/primary.xml.gz: the package x lacks its architecture, version, checksum or location');
    repository({ bytes: gzipSync('<html></html>') });
    expect(await complaint()).toBe('cannot read REPO/repodata/primary.xml.gz: it is no primary metadata: its root is <html>');
    repository({ bytes: gzipSync('<!DOCTYPE a [<!ENTITY b "c">]><metadata/>') });
    expect(await complaint()).toBe('cannot read REPO/repodata/primary.xml.gz: it has a document type');
    repository({ bytes: Buffer.from('no gzip') });
    expect(await complaint()).toBe('cannot read REPO/repodata/primary.xml.gz: incorrect header check');
    writeFileSync(join(folder, 'repodata/repomd.xml'), '<repomd/>');
    expect(await complaint()).toBe('cannot read REPO/repodata/repomd.xml: it names no primary metadata');
  });

  it('when it names a file outside of itself', async () => {
    repository({ href: '../../etc/passwd.xml' });
    expect(await complaint()).toBe('the metadata of REPO names a file outside of it: ../../etc/passwd.xml');
  });

  it('when the address is of no known kind', async () => {
    await expect(readPrimary('ftp://x/')).rejects.toThrowError('ftp://x/ is no repository address: http, https, file or a folder');
  });
});
