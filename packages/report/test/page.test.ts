import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOSTILE, recordedEvents, recordRun } from '../../../test/support/recorded-run.js';
import { graphPage, livePage, RunRecord, writeReport } from '../src/index.js';

const assets = { style: 'p{color:red}', script: 'console.log(1)' };
const now = Date.parse('2026-11-26T12:00:00Z');
let logs: string;
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'crpm-page-'));
});
afterEach(() => {
  rmSync(logs, { recursive: true, force: true });
});

function record(failing?: string, count = Infinity): RunRecord {
  const made = new RunRecord();
  for (const event of recordedEvents({ logs, run: 'r1', ...(failing === undefined ? {} : { failing }) }).slice(0, count)) made.take(event);
  return made;
}

async function page(failing?: string): Promise<string> {
  let text = '';
  await writeReport({ record: record(failing), name: 'kubevirt <x>', now, killed: false, assets }, (piece) => void (text += piece));
  return text;
}

const policyOf = (html: string) => /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1]?.replaceAll('&#39;', "'") ?? '';

test('a report loads nothing, and runs and looks as it was made: the browser knows style and script by their digests', async () => {
  const html = await page();
  const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
  expect(style).toContain(assets.style);
  expect(policyOf(html)).toBe(`default-src 'none'; style-src ${digest(style)}; img-src data:; script-src ${digest(assets.script)}; base-uri 'none'; form-action 'none'`);
  expect(html).not.toMatch(/<(?:link|img|iframe|object|embed)\b(?![^>]*href="data:)/);
  expect(html).not.toMatch(/\bstyle="|\bon\w+="/);
});

test('nothing that a program wrote becomes an element', async () => {
  recordRun({ logs, run: 'r1', failing: 'libvirt.rpmbuild' });
  const html = await page('libvirt.rpmbuild');
  expect(HOSTILE).toContain('<img');
  expect(html).not.toContain('<img');
  expect(html).not.toContain('<b>odd</b>');
  expect(html).toContain('&lt;img src=x onerror=');
  expect(html).toContain('<title>kubevirt &lt;x&gt;: failed - crpm</title>');
  // The page's own data blocks and its script, and no others.
  const scripts = [...html.matchAll(/<script([^>]*)>/g)].map(([, attributes = '']) => attributes.trim());
  expect(scripts.filter((attributes) => attributes === '')).toHaveLength(1);
  expect(scripts.every((attributes) => attributes === '' || /^type="(?:text\/plain|application\/json)" id="(?:log-\d+-\d+|crpm-\w+)"$/.test(attributes))).toBe(true);
});

test('it has everything in it before any script runs: for paper, and for who has none', async () => {
  const html = await page('libvirt.rpmbuild@aarch64_cs9');
  for (const { id } of record().nodes) expect(html).toContain(`data-about="${id}"`);
  expect(html).toContain('build.check: false → true');
  expect(html).toContain('rpmbuild of libvirt ended with exit code 1: the compiler found 1 error');
  expect(html).toContain('it rests on libvirt.rpmbuild@aarch64_cs9, which failed');
  expect(html).toContain('17:10.1.0-1.el9.crpm0001');
  expect(html).toMatch(/<code class="digest">[0-9a-f]{64}<\/code>/);
  expect(html).toContain('Debian GNU/Linux 12 (bookworm), Linux 6.1.0, x64');
  expect(html).toContain('<b class="kept">Saved by the cache</b>, 3m36s by the last times: 12 nodes not made again');
  expect(await page()).toContain('Proven: KubeVirt takes the build.');
});

test('a run without an end says how it stands', async () => {
  const standing = async (killed: boolean) => /<span class="pill[^>]*>.*?<\/svg>([^<]+)/.exec(await livePage({ record: record(undefined, 5), name: 'k', now, killed, assets }))?.[1];
  expect([await standing(false), await standing(true)]).toEqual(['running', 'was killed']);
  const none = await livePage({ record: new RunRecord(), name: 'k', now, killed: false, assets });
  expect(none).toContain('nothing was run yet');
  // Live it may ask its own server, and nobody else.
  expect(policyOf(none)).toContain("connect-src 'self'");
});

test('the page of a graph is its picture and its nodes in words, without any script', async () => {
  const html = await graphPage([{ id: 'a', title: 'makes a', needs: [], state: 'ran', ms: 1000 }, { id: 'b', title: '<b>', needs: ['a'], state: 'unknown' }], 'Graph', 'p{}');
  expect(html).toContain('<a href="#node-a"><code>a</code></a>');
  expect(html).toContain('never ran');
  expect(html).toContain('&lt;b&gt;');
  expect(html).not.toContain('<script');
  expect(policyOf(html)).not.toContain('script-src');
});
