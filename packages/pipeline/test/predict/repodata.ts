import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Relation } from '@crpm/rpm';
import type { ResolverRpm } from '../../src/predict/universe.js';

/** Writes the metadata of a repository whose RPMs nobody will ever fetch: the resolver reads nothing else. `salt` makes other digests of the same NEVRAs. */
export function writeRepodata(folder: string, rpms: readonly ResolverRpm[], salt = ''): void {
  const primary = `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${rpms.length}">
${rpms.map((rpm) => packageXml(rpm, salt)).join('\n')}
</metadata>
`;
  const packed = gzipSync(primary);
  mkdirSync(join(folder, 'repodata'), { recursive: true });
  writeFileSync(join(folder, 'repodata/primary.xml.gz'), packed);
  writeFileSync(
    join(folder, 'repodata/repomd.xml'),
    `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm"><revision>1</revision>
<data type="primary"><checksum type="sha256">${sha256(packed)}</checksum><open-checksum type="sha256">${sha256(primary)}</open-checksum>
<location href="repodata/primary.xml.gz"/><timestamp>1</timestamp><size>${packed.length}</size><open-size>${primary.length}</open-size></data></repomd>
`,
  );
}

function packageXml({ name, epoch, version, release, arch, requires, provides, conflicts = [] }: ResolverRpm, salt: string): string {
  const file = `${name}-${version}-${release}.${arch}.rpm`;
  return `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version epoch="${epoch}" ver="${version}" rel="${release}"/>
<checksum type="sha256" pkgid="YES">${sha256(salt + file)}</checksum><summary/><description/><packager/><url/><time file="1" build="1"/><size package="1" installed="1" archive="1"/>
<location href="${encodeURIComponent(file)}"/><format><rpm:license/><rpm:sourcerpm/>
${entries('provides', provides)}${entries('requires', requires)}${entries('conflicts', conflicts)}</format></package>`;
}

function entries(tag: string, relations: readonly Relation[]): string {
  return `<rpm:${tag}>${relations.map(entry).join('')}</rpm:${tag}>`;
}

const FLAGS = { '<': 'LT', '<=': 'LE', '=': 'EQ', '>=': 'GE', '>': 'GT' } as const;

function entry({ name, op, evr }: Relation): string {
  if (op === undefined || evr === undefined) return `<rpm:entry name="${name}"/>`;
  const release = evr.release === undefined ? '' : ` rel="${evr.release}"`;
  return `<rpm:entry name="${name}" flags="${FLAGS[op]}" epoch="${evr.epoch}" ver="${evr.version}"${release}/>`;
}


function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
