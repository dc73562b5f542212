import { requirementsSpec, unmatched } from '@crpm/pipeline/build/build-requires';
import { archiveNames } from '@crpm/pipeline/build/expanded-spec';
import { projectInfo } from '@crpm/pipeline/build/meson-project';
import { fillTemplate, specName, unknownTag } from '@crpm/pipeline/build/spec-template';
import { unsatisfiedIn } from '@crpm/pipeline/kinds/buildroot';
import { describe, expect, test } from 'vitest';

describe('a spec template', () => {
  const template = 'Version: @VERSION@\nRelease: 1%{?dist}\nBuildRequires: glib2-devel >= @GLIB2_REQUIRED@\n# libvir-list@redhat.com\n';

  test('gets what is known; the rest becomes 0, which every >= accepts', () => {
    expect(fillTemplate(template, { VERSION: '12.5.0' })).toEqual({
      text: 'Version: 12.5.0\nRelease: 1%{?dist}\nBuildRequires: glib2-devel >= 0\n# libvir-list@redhat.com\n',
      unknown: ['GLIB2_REQUIRED'],
    });
  });
  test('takes no value from an object’s own inheritance', () => {
    expect(fillTemplate('@constructor@', {})).toEqual({ text: '0', unknown: ['constructor'] });
  });
  test('whose name or EVR is not known before the build is found out', () => {
    expect(unknownTag(template, { VERSION: '12.5.0' })).toBeUndefined();
    expect(unknownTag('Version: @VERSION@\nRelease: @RELEASE@%{?dist}\n', { VERSION: '1' })).toBe('Release: @RELEASE@%{?dist}');
  });
  test('names its spec', () => {
    expect(['libvirt.spec.in', 'packaging/libvirt.spec', 'x.spec'].map(specName)).toEqual(['libvirt.spec', 'libvirt.spec', 'x.spec']);
  });
});

describe('archive and top folder', () => {
  test('come from Source0 and from what rpm made of %setup', () => {
    const expanded = "Source0: https://download.qemu.org/qemu-10.1.0.tar.xz\nSource10: x\n%prep\n\ncd '/root/rpmbuild/BUILD'\nrm -rf 'qemu-10.1.0'\ncd 'qemu-10.1.0'\n%build\ncd 'elsewhere'\n";
    expect(archiveNames(expanded)).toEqual({ archive: 'qemu-10.1.0.tar.xz', top: 'qemu-10.1.0' });
  });
  test('come from %setup -n where rpm leaves it as it is', () => {
    expect(archiveNames('Source: a-1.tar.gz\n%prep\n%autosetup -p1 -n other-1\n%build\n')).toEqual({ archive: 'a-1.tar.gz', top: 'other-1' });
  });
  test('come from the archive’s name where %prep says nothing', () => {
    expect(archiveNames('Source0: http://x/#/libvirt-1.0.tar.xz\n')).toEqual({ archive: 'libvirt-1.0.tar.xz', top: 'libvirt-1.0' });
  });
  test('are missing without a Source0', () => {
    expect(archiveNames('Name: x\nSource1: y.tar\n')).toBeUndefined();
  });
});

describe('what programs say', () => {
  test('rpmbuild, about BuildRequires that nothing provides', () => {
    const lines = ['error: Failed build dependencies:', '\tpkgconfig(foo) >= 1.2 is needed by qemu-kvm-17:10.1.0-20.x86_64', '\t(gcc or clang) is needed by qemu-kvm-17:10.1.0-20.x86_64'];
    expect(unsatisfiedIn(lines)).toEqual(['pkgconfig(foo) >= 1.2', '(gcc or clang)']);
  });
  test('dnf 4 and dnf 5, about what is in no repository', () => {
    expect(unmatched(["No matching package to install: 'foo-devel >= 3'", "No matching package to install: 'foo-devel >= 3'", 'No match for argument: bar'])).toEqual(['foo-devel >= 3', 'bar']);
  });
  test('meson introspect, between its warnings', () => {
    expect(projectInfo(['WARNING: x', '{"descriptive_name": "libvirt", "version": "12.5.0", "subprojects": []}'])).toEqual({ name: 'libvirt', version: '12.5.0' });
  });
});

test('dnf gets a spec of nothing but the BuildRequires, with no macro left in it', () => {
  expect(requirementsSpec(['gcc', 'font(%{x})'])).toBe(
    'Name: crpm-buildrequires\nVersion: 1\nRelease: 1\nSummary: BuildRequires of a package\nLicense: none\nBuildRequires: gcc\nBuildRequires: font(%%{x})\n%description\n',
  );
});
