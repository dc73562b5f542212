import { execFileSync } from 'node:child_process';
import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { failingRun } from './events.js';
import { written } from './written.js';

/** Python is on every machine that has meson; its parser refuses what is not well-formed. */
function attributesOf(xml: string, tag: string): readonly Record<string, string>[] {
  const program = 'import sys, json, xml.etree.ElementTree as E; print(json.dumps([dict(e.attrib, text=e.text or "") for e in E.fromstring(sys.stdin.buffer.read()).iter(sys.argv[1])]))';
  return JSON.parse(execFileSync('python3', ['-c', program, tag], { input: xml, encoding: 'utf8' })) as Record<string, string>[];
}

test('a JUnit report has a case for each node: what failed with its lines, what was not reached as skipped', async () => {
  const xml = await written('junit', failingRun);
  expect(attributesOf(xml, 'testsuite')).toMatchObject([{ name: 'crpm', tests: '4', failures: '1', skipped: '1', time: '65.400', timestamp: '1970-01-01T00:00:00.000Z', id: 'r1' }]);
  expect(attributesOf(xml, 'testcase').map(({ name, classname, time }) => [name, classname, time])).toEqual([
    ['base', 'crpm.k', '0.000'],
    ['a.source', 'crpm.k', '0.320'],
    ['a.rpmbuild', 'crpm.k', '65.000'],
    ['createrepo', 'crpm.k', '0.000'],
  ]);
  expect(attributesOf(xml, 'failure')).toEqual([{ type: 'build', message: 'rpmbuild ended with exit code 1', text: 'main.c:1: error\nnext: Mend the error above.\ntype: crpm logs a.rpmbuild' }]);
  expect(attributesOf(xml, 'skipped')).toHaveLength(1);
});

test('a report of a run that was cut short, or printed anything at all, is still XML', async () => {
  const message = 'a "b" <c> & \u0000\u001b[1m\ud800 \ufffe\n]]>';
  const events: readonly Event[] = [
    ...failingRun.slice(0, 2),
    { type: 'node-finished', at: 3, node: 'a.source', outcome: 'failed', ms: 1, failure: { class: 'build', message, lines: [message], commands: ['crpm shell a.source', 'df -h'] } },
  ];
  const xml = await written('junit', events);
  expect(attributesOf(xml, 'failure')[0]?.['message']).toBe('a "b" <c> & \ufffd \ufffd\n]]>');
  expect(attributesOf(xml, 'failure')[0]?.['text']).toMatch(/\ntype: crpm shell a\.source; df -h$/);
  expect(attributesOf(xml, 'skipped').map(({ message: why }) => why)).toEqual(['the run was cut short', 'the run was cut short']);
});

test('without a run there is no report', async () => {
  expect(await written('junit', [])).toBe('');
});
