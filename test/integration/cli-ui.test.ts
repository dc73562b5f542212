import { appendFileSync } from 'node:fs';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage, violations } from '../support/browser.js';
import { CliRig, Puppet } from './cli-rig.js';

let rig: CliRig;
let puppet: Puppet;
const started: { kill(signal: NodeJS.Signals): boolean; readonly exitCode?: number | null }[] = [];
beforeEach(() => {
  rig = new CliRig();
  puppet = new Puppet(rig.work);
  rig.write({
    'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  quick: { run: "echo quick was here" }\n  slow: { run: ${puppet.command(rig.work)}, needs: [quick] }\n  after: { run: "echo done", needs: [slow] }\n`,
  });
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  puppet.close();
  rig.remove();
});

/** Starts `crpm ui`, and resolves when it listens. */
async function ui(...options: readonly string[]) {
  const child = rig.start(['ui', ...options]);
  started.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => { resolve(data.toString()); });
    void child.then(({ stderr }) => { reject(new Error(stderr)); });
  });
  const address = /^(http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/) shows the newest run; Ctrl-C ends\n$/.exec(line)?.[1] ?? '';
  expect(address).not.toBe('');
  return { child, address };
}

function run(...argv: readonly string[]) {
  const child = rig.start(['run', '--json', ...argv]);
  started.push(child);
  return child;
}

/** An answer with its body; of a stream, what came until `enough` of it was there. */
function fetchRaw(address: string, options: { readonly method?: string; readonly headers?: Record<string, string>; readonly enough?: (text: string) => boolean } = {}): Promise<{ readonly status: number | undefined; readonly headers: IncomingMessage['headers']; readonly text: string }> {
  const { method = 'GET', headers = {}, enough } = options;
  return new Promise((resolve, reject) => {
    httpRequest(address, { method, headers }, (response) => {
      let text = '';
      const done = () => { resolve({ status: response.statusCode, headers: response.headers, text }); };
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (!enough?.(text)) return;
        response.destroy();
        done();
      }).on('end', done);
    }).on('error', reject).end();
  });
}

const idsOf = (stream: string) => [...stream.matchAll(/^id: (\S+)$/gm)].map(([, id = '']) => id);
const typesOf = (stream: string) => [...stream.matchAll(/^data: (.+)$/gm)].map(([, data = '{}']) => (JSON.parse(data) as { type?: string }).type);

test('it answers only this machine, by its own names, and changes nothing', async () => {
  const { address } = await ui();
  const { port, pathname } = new URL(address);
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:1`]) expect((await fetchRaw(address, { headers: { host } })).status).toBe(421);
  expect((await fetchRaw(address, { headers: { host: `localhost:${port}` } })).status).toBe(200);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect((await fetchRaw(address, { method })).status).toBe(405);
  for (const path of ['logs/..%2F..%2Fjournal?run=..', 'logs/slow?run=20260101T000000Z-000000', 'logs/slow', 'nothing', 'events/more', '%']) expect([path, (await fetchRaw(address + path)).status]).toEqual([path, 404]);
  // Other accounts of this machine don't know the key in the address, and get nothing.
  const root = `http://127.0.0.1:${port}`;
  for (const path of ['', '/', '/events', '/logs/slow', pathname.slice(0, -1), pathname.replace(/.\/$/, '/'), `/${pathname}`]) expect([path, (await fetchRaw(root + path)).status]).toEqual([path, 404]);
  const { headers } = await fetchRaw(address);
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin' });
  const outside = Object.values(networkInterfaces()).flat().find((one) => one && !one.internal && one.family === 'IPv4')?.address;
  if (outside !== undefined) await expect(new Promise((resolve, reject) => connect(Number(port), outside).once('connect', resolve).once('error', reject))).rejects.toThrow('ECONNREFUSED');
});

test('where no browser is found it says so, and goes on', async () => {
  const child = rig.start(['ui', '--open'], { env: { PATH: join(rig.root, 'nothing') } });
  started.push(child);
  const warned = await new Promise<string>((resolve) => child.stderr.once('data', (data: Buffer) => { resolve(data.toString()); }));
  const [, address = ''] = /^warning: no browser was found that could show (http:\S+): none of xdg-open, gio, wslview, open is here\n$/.exec(warned) ?? [];
  expect((await fetchRaw(address)).status).toBe(200);
});

test('a reader that was cut off gets what it has not had, and no more; a new run ends the stream', async () => {
  const { address } = await ui();
  const first = run();
  (await puppet.started()).end(0);
  await first;
  const [recorded] = (JSON.parse((await rig.crpm(['runs', '--json'])).out) as { runs: { id: string }[] }).runs;
  const events = `${address}events?run=${recorded?.id ?? ''}`;
  const isWhole = (text: string) => text.includes('"run-finished"') && text.endsWith('\n\n');
  const whole = (await fetchRaw(events, { enough: isWhole })).text;
  expect(typesOf(whole)).toEqual(['run-started', 'node-started', 'node-finished', 'node-started', 'node-finished', 'node-started', 'node-finished', 'run-finished']);
  const ids = idsOf(whole);
  const rest = (await fetchRaw(events, { headers: { 'last-event-id': ids[4] ?? '' }, enough: isWhole })).text;
  expect(idsOf(rest)).toEqual(ids.slice(5));
  // A place in another run is none in this one.
  expect(idsOf((await fetchRaw(events, { headers: { 'last-event-id': '20260101T000000Z-000000/5' }, enough: isWhole })).text)).toEqual(ids);
  const log = await fetchRaw(`${address}logs/quick?run=${recorded?.id ?? ''}`);
  expect(JSON.parse(log.text)).toMatchObject({ lines: 1, chunks: [{ firstLine: 0, lines: 1 }] });
  expect((await fetchRaw(`${address}logs/quick/0?run=${recorded?.id ?? ''}`)).text).toBe('quick was here\n');
  expect((await fetchRaw(`${address}logs/quick/1?run=${recorded?.id ?? ''}`)).status).toBe(404);

  const open = fetchRaw(events);
  await run('quick');
  expect((await open).text).toMatch(/event: newer\ndata: \{\}\n\n$/);
});

test('Ctrl-C ends it, streams and all; a port that is taken is told, if it was asked for', async () => {
  const { child, address } = await ui();
  const { port } = new URL(address);
  const taken = await rig.crpm(['ui', '--port', port]);
  expect([taken.code, taken.err]).toEqual([3, expect.stringContaining(`port ${port} of 127.0.0.1 can't be used`)]);
  // Without one it finds another.
  expect((await ui()).address).not.toBe(address);
  const stream = new Promise<void>((resolve) => get(`${address}events`, (response) => void response.on('close', resolve).on('error', () => undefined).resume()));
  await fetchRaw(`${address}events`, { enough: (text) => text.includes(': here') });
  child.kill('SIGINT');
  expect(await child).toMatchObject({ exitCode: 130, stderr: '' });
  await stream;
});

describe.skipIf(!hasBrowser)('in the browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });

  test('a page that was opened before any run shows the next one, node by node, its log as it grows, and the one after that', async () => {
    const { address } = await ui();
    const { page, complaints } = await openPage(browser, address);
    const pill = page.locator('[data-part="top"] .pill');
    await pill.getByText('nothing was run yet').waitFor();

    const first = run();
    const slow = await puppet.started();
    await pill.getByText('running', { exact: true }).waitFor();
    const state = (node: string) => page.locator(`.picture [data-node="${node}"]`).getAttribute('class');
    await page.locator('.picture [data-node="slow"].is-running').waitFor();
    expect([await state('quick'), await state('after')]).toEqual([expect.stringContaining('is-ran'), expect.stringContaining('is-waiting')]);
    // Nobody chose a node: what runs is shown, with what it writes.
    await page.locator('.node-detail:visible[data-node="slow"] .row', { hasText: 'puppet is up' }).waitFor();
    appendFileSync(join(rig.work, '.crpm/logs/latest/slow.log'), 'and one line more\n');
    await page.locator('.node-detail:visible .row', { hasText: 'and one line more' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator('[data-about="after"]').getByText('waits for slow').waitFor({ state: 'attached' });
    expect(await page.title()).toBe('work: running - crpm');

    slow.end(3);
    expect((await first).exitCode).toBe(1);
    await pill.getByText('failed').waitFor();
    await page.locator('[data-part="failures"]').getByText('slow').first().waitFor();
    await page.locator('[role="status"]', { hasText: 'the run has ended' }).waitFor({ state: 'attached' });
    expect(await state('after')).toContain('is-not-run');

    // The next run takes its place; the node that was chosen stays.
    await page.locator('#node-list').getByText('after').click();
    const second = run();
    const again = await puppet.started();
    await pill.getByText('running', { exact: true }).waitFor();
    expect(await page.locator('.node-detail:visible').getAttribute('data-node')).toBe('after');
    again.end(0);
    await second;
    await pill.getByText('succeeded').waitFor();
    await page.locator('.node-detail:visible .row', { hasText: 'done' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('40 nodes, one of which writes 100 MB and one fails, are followed as they go on, without a complaint', async () => {
    const line = '[1/1380] cc -Isrc/libvirt.so.0.p -I../src -I/usr/include/glib-2.0 -O2 -g -Wall -fstack-protector-strong -c ../src/util/virfile.c\n';
    rig.write({ 'megabyte.txt': line.repeat(Math.ceil(1_000_000 / line.length)) });
    const others = Array.from({ length: 37 }, (_, at) => `  n${String(at)}: { run: "echo of ${String(at)}", needs: [long] }\n`).join('');
    rig.write({
      'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  gate: { run: ${puppet.command(rig.work)} }\n  long: { run: "for i in $(seq 100); do cat megabyte.txt; done; echo all of it; exec ${process.execPath} puppet.mjs" }\n${others}  bad: { run: "echo no; exit 1", needs: [long] }\n`,
    });
    const { address } = await ui();
    const { page, complaints } = await openPage(browser, address);
    // Not as JSON: that would be the 100 MB once more.
    const work = rig.start(['run', '--keep-going']);
    started.push(work);
    await page.locator('.picture [data-node="long"].is-running').waitFor();
    expect(await page.locator('.picture .node').count()).toBe(40);
    await page.locator('#node-list').getByText('long').click();
    const detail = page.locator('.node-detail:visible[data-node="long"]');
    await detail.locator('.row', { hasText: 'all of it' }).waitFor();
    expect(await page.locator('.row').count()).toBeLessThan(100);
    const search = detail.getByRole('searchbox');
    await search.fill('all of');
    await detail.getByText('1 of 1', { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    for (const task of [await puppet.started(), await puppet.started()]) task.end(0);
    expect((await work).exitCode).toBe(1);
    await page.locator('[data-part="top"] .pill').getByText('failed').waitFor();
    await page.locator('[data-part="failures"]').getByText('bad').first().waitFor();
    expect(await page.locator('.picture .node.is-ran').count()).toBe(39);
    // Who reads a log goes on reading it.
    expect(await detail.locator('.row.is-current').textContent()).toContain('all of it');
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a server that comes back is found again, and nothing is missed; a run that was killed is told', async () => {
    const before = await ui();
    const work = run();
    await puppet.started();
    const { page } = await openPage(browser, before.address);
    await page.locator('.picture [data-node="slow"].is-running').waitFor();
    before.child.kill('SIGTERM');
    await before.child;
    await page.locator('html.is-alone').waitFor();
    work.kill('SIGKILL');
    await work;
    expect((await ui()).address).toBe(before.address);
    await page.locator('[data-part="top"] .pill').getByText('was killed').waitFor();
    expect(await page.locator('html').getAttribute('class')).toBe('scripted');
    await page.close();
  });
});
