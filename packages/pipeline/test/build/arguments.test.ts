import { specArguments } from '@crpm/pipeline/build/spec-arguments';
import { rpmbuildArguments } from '@crpm/pipeline/build/rpmbuild-command';
import type { RpmbuildParams } from '@crpm/pipeline/params';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const options = { macros: { rhel: '9' }, suffix: 'crpm0001', defines: { rcrel: '.1' }, with: ['clang'], without: ['lto'] };
const params: RpmbuildParams = { package: 'qemu', arch: 'x86_64', options, check: false, debuginfo: false, profile: 'dev', ccache: true };
const place = { buildroot: { dist: '.el9', checkBuildRequires: true, lacksMacros: false }, topdir: '/w/rpmbuild', jobs: 2, spec: 'rpmbuild/spec/qemu-kvm.spec' };

describe('the command line of a build', () => {
  test('in dev: no %check, no debuginfo, a quick payload', () => {
    expect(rpmbuildArguments(params, place)).toEqual([
      '--nocheck',
      '--define', '_topdir /w/rpmbuild',
      '--define', '_tmppath /w/rpmbuild/tmp',
      '--define', '_smp_build_ncpus 2',
      '--define', 'use_source_date_epoch_as_buildtime 1',
      '--define', 'clamp_mtime_to_source_date_epoch 1',
      '--define', 'build_mtime_policy clamp_to_source_date_epoch',
      '--define', '_buildhost crpm',
      '--define', 'debug_package %{nil}',
      '--define', '_binary_payload w1.gzdio',
      '--define', 'rhel 9',
      '--define', 'dist .el9.crpm0001',
      '--define', 'rcrel .1',
      '--define', '_with_clang --with-clang',
      '--define', '_without_lto --without-lto',
      'rpmbuild/spec/qemu-kvm.spec',
    ]);
  });

  test('in full: the spec untouched', () => {
    const full = rpmbuildArguments({ ...params, check: true, debuginfo: true, profile: 'full' }, place).join(' ');
    for (const word of ['--nocheck', 'debug_package', '_binary_payload']) expect(full).not.toContain(word);
  });

  test('where the rpm database knows no package: without looking at BuildRequires', () => {
    expect(rpmbuildArguments(params, { ...place, buildroot: { dist: '.deb12', checkBuildRequires: false, lacksMacros: false } })).toContain('--nodeps');
  });

  test('where rpm lacks Fedora’s macros: with ours, under whatever the user defines', () => {
    const argv = rpmbuildArguments(params, { ...place, buildroot: { dist: '.deb12', checkBuildRequires: false, lacksMacros: true } });
    expect(argv.slice(0, 4)).toEqual(['--nocheck', '--nodeps', '--load', '/w/rpmbuild/fedora.macros']);
  });

  test('a define of the user wins over the distribution’s and over ours', () => {
    const args = specArguments({ ...options, macros: { dist: '.x', rhel: '9' }, defines: { dist: '.mine', rhel: '10' } }, '.el9');
    expect(args.filter((arg) => arg !== '--define')).toEqual(['dist .mine', 'rhel 10', '_with_clang --with-clang', '_without_lto --without-lto']);
  });

  test('without a suffix, %dist is the distribution’s own', () => {
    expect(specArguments({ macros: {}, defines: {}, with: [], without: [] }, '.el9')).toEqual(['--define', 'dist .el9']);
  });
});

/** Text that means something to a shell, to getopt, to rpm or to a terminal. */
const hostile = fc.oneof(
  fc.constantFrom(';touch x', '$(touch x)', '`touch x`', 'a\nb', '--flag', '-x', '%(touch x)', "'", '"', ' ', '', '&&', '|', '>x', '*', '~', '\\'),
  fc.string(),
);

test('whatever a value holds, it is one argument behind --define, and no argument of its own', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (macro, define, dist) => {
      const args = rpmbuildArguments({ ...params, options: { ...options, macros: { one: macro }, defines: { two: define } } }, { ...place, buildroot: { dist, checkBuildRequires: true, lacksMacros: false } });
      expect(args).toContain(`one ${macro}`);
      expect(args).toContain(`two ${define}`);
      expect(args).toContain(`dist ${dist}.crpm0001`);
      expect(args.length).toBe(rpmbuildArguments({ ...params, options: { ...options, macros: { one: '1' }, defines: { two: '2' } } }, place).length);
      for (const [at, arg] of args.entries()) if (arg.startsWith('one ') || arg.startsWith('two ') || arg.startsWith('dist ')) expect(args[at - 1]).toBe('--define');
    }),
  );
});
