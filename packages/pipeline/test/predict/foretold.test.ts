import { formatEvr, formatRelation } from '@crpm/rpm';
import { expect, test } from 'vitest';
import { foretold } from '../../src/predict/foretold.js';
import { relation, resolverRpm } from './universes.js';

test('RPMs of a spec provide what it says, and what the distribution’s of that name provides, in the new version', () => {
  const official = resolverRpm({ name: 'libvirt-libs', evr: '0:11.0.0-1.el9', provides: ['libvirt-libs(x86-64) = 0:11.0.0-1.el9', 'libvirt.so.0()(64bit)', 'config(libvirt-libs) = 0:11.0.0-1.el9', 'other = 0:3'] });
  const spec = { name: 'libvirt-libs', evr: '0:12.5.0-1.el9.c01', arch: 'x86_64', requires: ['cyrus-sasl-gssapi', 'glibc >= 2.34', '(selinux if policy)'], provides: ['own = 1.0'] };
  const [rpm, ...others] = foretold({ source: 'libvirt', rpms: [spec, { ...spec, name: 'libvirt-new' }, { ...spec, evr: 'no version' }] }, 'libvirt', [official]);
  expect(rpm).toMatchObject({ name: 'libvirt-libs', package: 'libvirt', source: 'libvirt', arch: 'x86_64' });
  expect(rpm && formatEvr(rpm)).toBe('0:12.5.0-1.el9.c01');
  expect(rpm?.provides.map(formatRelation)).toEqual(['libvirt-libs = 0:12.5.0-1.el9.c01', 'own = 0:1.0', 'libvirt-libs(x86-64) = 0:12.5.0-1.el9.c01', 'libvirt.so.0()(64bit)', 'config(libvirt-libs) = 0:12.5.0-1.el9.c01', 'other = 0:3']);
  expect(rpm?.requires).toEqual([{ name: 'cyrus-sasl-gssapi' }, relation('glibc >= 2.34'), { name: '(selinux if policy)' }]);
  expect(others.map(({ name }) => name)).toEqual(['libvirt-new']);
});
