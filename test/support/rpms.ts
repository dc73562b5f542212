import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { mustReadAsRpmDoes } from './rpm-query.js';

/** One source package and the RPMs its spec makes. */
export interface SpecOptions {
  readonly source: string;
  readonly epoch?: number;
  readonly version: string;
  readonly release: string;
  readonly rpms: readonly SpecRpm[];
  /** Architecture that the RPMs are for. Default: this machine's. */
  readonly target?: string;
}

export interface SpecRpm {
  readonly name: string;
  readonly noarch?: boolean;
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
}

/** Whether rpmbuild and createrepo_c are there; says which is missing. */
export async function hasRpmTools(log: (line: string) => void = (line) => console.warn(line)): Promise<boolean> {
  for (const program of ['rpmbuild', 'createrepo_c']) {
    const { failed } = await execa(program, ['--version'], { reject: false });
    if (failed) log(`SKIPPED: ${program} is not on PATH; install rpm and createrepo-c`);
    if (failed) return false;
  }
  return true;
}

/**
 * Builds small RPMs with rpmbuild, each with one file of its own, and the source RPM with them. `dir`: an empty folder for the work. `salt` makes other
 * bytes of the same NEVRA. Gives the absolute paths, the source RPM last. Each is read by crpm and by rpm, which must agree.
 */
export async function buildRpms(dir: string, spec: SpecOptions, salt = ''): Promise<readonly string[]> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${spec.source}.spec`);
  writeFileSync(file, specText(spec, salt));
  const defines = { _topdir: dir, _rpmdir: join(dir, 'out'), _srcrpmdir: join(dir, 'out/src'), _build_name_fmt: '%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm', _buildhost: 'builder.invalid' };
  const argv = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  // Neither the machine's own rpm settings nor its database matter here.
  await execa('rpmbuild', ['-ba', '--nodeps', ...(spec.target === undefined ? [] : ['--target', spec.target]), ...argv, '--define', '_binary_payload w6.gzdio', file]);
  const list = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.rpm')).sort().map((name) => join(folder, name));
  const rpms = [...list(join(dir, 'out')), ...list(join(dir, 'out/src'))];
  mustReadAsRpmDoes(rpms);
  return rpms;
}

function specText(spec: SpecOptions, salt: string): string {
  // An RPM that has the name of its source package is the spec's main one and has no %package of its own.
  const main = spec.rpms.find((rpm) => rpm.name === spec.source);
  const tags = (rpm: SpecRpm) =>
    `AutoReqProv: no
${rpm.noarch ? 'BuildArch: noarch\n' : ''}${(rpm.requires ?? []).map((text) => `Requires: ${text}\n`).join('')}${(rpm.provides ?? []).map((text) => `Provides: ${text}\n`).join('')}`;
  const declaration = (rpm: SpecRpm) => `%package -n ${rpm.name}
Summary: ${rpm.name}
${tags(rpm)}
%description -n ${rpm.name}
Made by a test.
`;
  const paragraphs = spec.rpms.map(
    (rpm) => `${rpm === main ? '' : declaration(rpm)}
%files ${rpm === main ? '' : `-n ${rpm.name}`}
%dir /usr/share/crpm-test
/usr/share/crpm-test/${rpm.name}
/usr/share/crpm-test/${rpm.name}.link
`,
  );
  const installs = spec.rpms.map((rpm) => `echo "${rpm.name} ${salt}" > %{buildroot}/usr/share/crpm-test/${rpm.name}\nln -s ${rpm.name} %{buildroot}/usr/share/crpm-test/${rpm.name}.link\n`);
  return `%global debug_package %{nil}
Name: ${spec.source}
${spec.epoch === undefined ? '' : `Epoch: ${spec.epoch}\n`}Version: ${spec.version}
Release: ${spec.release}
Summary: ${spec.source}
License: Apache-2.0
Vendor: crpm tests
${main ? tags(main) : ''}
%description
Made by a test.

${paragraphs.join('\n')}
%prep
%build
%install
mkdir -p %{buildroot}/usr/share/crpm-test
${installs.join('')}`;
}
