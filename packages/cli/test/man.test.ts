import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { manual, program } from '../src/program.js';
import { recordedIo } from './io.js';

const page = await manual('1.2.3');
const root = program({ io: recordedIo().io, version: '1.2.3', code: 0 });
const format = (columns: number) => spawnSync('groff', ['-man', '-Tutf8', '-P-c', '-ww', `-rLL=${String(columns)}n`], { input: page, encoding: 'utf8' });
const groff = format(300);
if (groff.error) console.warn('SKIPPED: groff is not on PATH; the manual page is only looked at as text');

test('every command and every option of it is in the manual page, as its help has it', () => {
  const plain = page.replace(/\\\[u([0-9A-F]+)\]/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16))).replaceAll('\\-', '-').replaceAll('\\(aq', "'").replaceAll('\\(dq', '"').replaceAll('\\e', '\\');
  for (const command of root.commands.filter((one) => root.createHelp().visibleCommands(root).includes(one) && one.name() !== 'help')) {
    expect(plain).toContain(`.SS crpm ${command.name()}`);
    for (const { flags, description } of command.options) {
      expect(plain).toContain(`.B ${flags}\n${description}`);
    }
  }
  expect(plain).toContain('.SH EXIT CODES');
  expect(plain).toContain('.B crpm run --only libvirt.rpmbuild\nthat alone, on the results its needs have');
});

test('nothing in it is taken for a request but what is one', () => {
  const requests = page.split('\n').flatMap((line) => /^[.'](\S*)/.exec(line)?.[1] ?? []);
  expect([...new Set(requests)].sort()).toEqual(['B', 'I', 'PD', 'PP', 'RE', 'RS', 'SH', 'SS', 'TH', 'TP', 'ad', 'nh']);
});

test.skipIf(groff.error)('groff formats it without a warning', () => {
  expect([groff.status, groff.stderr]).toEqual([0, '']);
  expect(groff.stdout).toContain("ids or globs ('libvirt.*')");
  expect(groff.stdout).toContain('crpm 1.2.3');
});

test.skipIf(groff.error)('on a terminal of 80 columns no row is wider', () => {
  // Bold and underlined letters are struck twice.
  const rows = format(80).stdout.replaceAll(/.\u0008/g, '').split('\n');
  expect(rows.length).toBeGreaterThan(500);
  expect(rows.filter((row) => row.length > 80)).toEqual([]);
});
