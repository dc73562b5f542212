// Makes repodata of rpm/mirror/<stream>.txt: node hack/mirror.mjs writes rpm/mirror/<stream>-stream/x86_64/repodata, for both streams.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const xml = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** What RPMs built on about any distribution ask of theirs. */
const GLIBC = [
  '/bin/sh',
  'rtld(GNU_HASH)',
  'ld-linux-x86-64.so.2()(64bit)',
  'ld-linux-x86-64.so.2(GLIBC_2.3)(64bit)',
  ...['libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2'].flatMap((library) => [
    `${library}()(64bit)`,
    `${library}(GLIBC_2.2.5)(64bit)`,
    `${library}(GLIBC_2.3.4)(64bit)`,
    ...Array.from({ length: 60 }, (_, minor) => `${library}(GLIBC_2.${minor})(64bit)`),
    `${library}(GLIBC_ABI_DT_RELR)(64bit)`,
  ]),
];

/** What a package provides beside its own name. rpm finds the need of pkg-config in the .pc file of libvirt-devel. */
const ALSO = { glibc: GLIBC, 'pkgconf-pkg-config': ['/usr/bin/pkg-config'] };

const arch = 'x86_64';

function makeRepodata(stream) {
  const packages = readFileSync(`rpm/mirror/${stream}.txt`, 'utf8').trim().split('\n').map((line) => {
    const [name, evr, source, ...requires] = line.split(' ');
    const [, epoch, version, release] = /^(\d+):(.+)-([^-]+)$/.exec(evr);
    const exact = `flags="EQ" epoch="${epoch}" ver="${version}" rel="${release}"`;
    const provides = [`<rpm:entry name="${name}" ${exact}/>`, ...(ALSO[name] ?? []).map((item) => `<rpm:entry name="${xml(item)}"/>`)];
    const needs = requires.map((item) => (item.startsWith('=') ? `<rpm:entry name="${item.slice(1)}" ${exact}/>` : `<rpm:entry name="${item}"/>`));
    const file = `${name}-${version}-${release}.${arch}.rpm`;
    return `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version epoch="${epoch}" ver="${version}" rel="${release}"/>
<checksum type="sha256" pkgid="YES">${sha256(`${name}-${evr}.${arch}`)}</checksum><summary/><description/><packager/><url/><time file="0" build="0"/>
<size package="1" installed="1" archive="1"/><location href="Packages/${file}"/><format><rpm:license/><rpm:vendor/><rpm:group/><rpm:buildhost/>
<rpm:sourcerpm>${source}-${version}-${release}.src.rpm</rpm:sourcerpm><rpm:provides>${provides.join('')}</rpm:provides><rpm:requires>${needs.join('')}</rpm:requires></format></package>`;
  });

  const primary = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages.length}">
${packages.join('\n')}
</metadata>
`;
  const packed = gzipSync(primary);
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision><data type="primary">
<checksum type="sha256">${sha256(packed)}</checksum><open-checksum type="sha256">${sha256(primary)}</open-checksum>
<location href="repodata/primary.xml.gz"/><timestamp>1</timestamp><size>${packed.length}</size><open-size>${primary.length}</open-size></data></repomd>
`;
  const out = `rpm/mirror/${stream}-stream/${arch}/repodata`;
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/primary.xml.gz`, packed);
  writeFileSync(`${out}/repomd.xml`, repomd);
}

makeRepodata('9');
makeRepodata('10');
