import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage, violations } from '../support/browser.js';
import { manyNodes, recordRun } from '../support/recorded-run.js';
import { CliRig } from './cli-rig.js';

const RUN = '20261126T102231.000Z-aaaaaa';
/** The same with short logs. */
const SHORT = '20261126T112231.000Z-bbbbbb';
const FAILED = 'libvirt.rpmbuild@aarch64_cs9';
const LONG = 'libvirt.rpmbuild';
const MB = 1_000_000;

let rig: CliRig;
let browser: Browser;
let address: string;
let short: string;
beforeAll(async () => {
  if (!hasBrowser) return;
  rig = new CliRig();
  rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  greet: { run: ["true"] }\n' });
  // Makes the folder of the workspace.
  await rig.crpm(['runs']);
  const [workspace = ''] = readdirSync(join(rig.root, 'state/crpm'));
  const logsOf = (run: string) => join(rig.root, 'state/crpm', workspace, 'logs', run);
  recordRun({ logs: logsOf(RUN), run: RUN, failing: FAILED, long: { node: LONG, bytes: 100 * MB } });
  recordRun({ logs: logsOf(SHORT), run: SHORT, failing: FAILED });
  const report = async (...options: readonly string[]) => {
    const { code, out, err } = await rig.crpm(['report', ...options]);
    expect([code, err]).toEqual([0, '']);
    // As it is opened from where it was asked for.
    return resolve(rig.work, out);
  };
  expect(await report()).toBe(join(logsOf(SHORT), 'report.html'));
  short = pathToFileURL(await report('--output', 'short.html')).href;
  address = pathToFileURL(await report(RUN)).href;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  rig?.remove();
});

describe.skipIf(!hasBrowser)('the report of 40 nodes, one that failed, and 100 MB of log', () => {
  test('is a tenth of its logs, and shows all nodes without a complaint and without asking anybody', async () => {
    const { page, complaints, requests } = await openPage(browser, address);
    expect(statSync(new URL(address)).size).toBeLessThan(12 * MB);
    expect(await page.locator('.picture .node').count()).toBe(40);
    expect(await page.locator('#node-list a').count()).toBe(40);
    expect(await page.locator('[data-part="top"] .pill').textContent()).toBe('failed');
    // What failed is what one wants to see first.
    expect(await page.locator('.node-detail:visible').getAttribute('data-node')).toBe(FAILED);
    await page.locator('.node-detail:visible .row').nth(3).waitFor();
    expect(await page.locator('.node-detail:visible .row .text').allTextContents()).toEqual([`first line of ${FAILED}`, 'green and tab', '</script><script>document.title = "taken over"</script><img src=x onerror="document.title = 1"> red turned', `last line of ${FAILED}`]);
    // Of its log, the line that the failure names.
    expect(await page.locator('.row.is-current').textContent()).toContain('taken over');
    expect(await page.title()).toBe('work: failed - crpm');
    expect(complaints).toEqual([]);
    expect(requests).toEqual([address]);
    await page.close();
  });

  test('a log of 100 MB is read from its start to its end and searched, with a screenful of it in the document', async () => {
    const { page, complaints } = await openPage(browser, address);
    await page.locator(`.picture [data-node="${LONG}"]`).click();
    const detail = page.locator('.node-detail:visible');
    expect(await detail.getAttribute('data-node')).toBe(LONG);
    const lines = detail.locator('.log-lines');
    await detail.getByText('object_0.o').waitFor();
    await lines.press('End');
    await detail.locator('.row').last().getByText('taken over').waitFor();
    expect(await page.locator('.row').count()).toBeLessThan(100);
    // So long a log has a scroll bar with steps of several lines; keys and wheel read on line by line all the same.
    await lines.press('Home');
    await detail.locator('.row .no').first().getByText('1', { exact: true }).waitFor();
    await lines.press('ArrowDown');
    await detail.locator('.row .no').first().getByText('3', { exact: true }).waitFor();
    await lines.press('PageDown');
    await detail.locator('.row .no').first().getByText(/^2\d$/).waitFor();
    await lines.hover();
    await page.mouse.wheel(0, -18 * 5);
    await detail.locator('.row .no').first().getByText(/^2\d$/).waitFor();
    await page.mouse.wheel(0, -18 * 100);
    await detail.locator('.row .no').first().getByText('1', { exact: true }).waitFor();

    const search = detail.getByRole('searchbox');
    await search.fill('NEEDLE in the');
    await detail.getByText('1 of 1', { exact: true }).waitFor();
    await detail.locator('.row.is-current mark', { hasText: 'needle in the' }).waitFor();
    await search.fill('object_619999.o');
    await detail.locator('.row.is-current', { hasText: 'object_619999.o' }).waitFor();
    await search.fill('not to be found');
    await detail.getByText('no match').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('everything can be done with the keys', async () => {
    const { page } = await openPage(browser, short);
    const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.dataset.select || document.activeElement.getAttribute("aria-label") || document.activeElement.className');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('nodes');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('base');
    await page.keyboard.press('ArrowDown');
    const shown = () => page.locator('.node-detail:visible').getAttribute('data-node');
    const ids = manyNodes().map(({ id }) => id);
    const after = ids[ids.indexOf(FAILED) + 1] ?? '';
    expect([await shown(), await focused()]).toEqual([after, after]);
    await page.keyboard.press('k');
    expect(await shown()).toBe(FAILED);
    await page.keyboard.press('/');
    expect(await focused()).toBe(`Search the log of ${FAILED}`);
    await page.keyboard.type('line of');
    const found = page.locator('.node-detail:visible .found');
    await found.getByText('1 of 2').waitFor();
    await page.keyboard.press('Enter');
    await found.getByText('2 of 2').waitFor();
    await page.keyboard.press('Shift+Enter');
    await found.getByText('1 of 2').waitFor();
    // Keys typed into the field are the field's.
    await page.keyboard.type('j');
    expect(await shown()).toBe(FAILED);
    await page.keyboard.press('Escape');
    expect(await focused()).toBe(`Log of ${FAILED}`);
    await page.keyboard.press('j');
    expect(await shown()).toBe(after);
    // The address names the node: a link to it, and going back, show it.
    await page.goto(`${short}#node-${LONG}`);
    expect(await shown()).toBe(LONG);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('axe finds nothing to complain of, %s', async (colorScheme) => {
    const { page } = await openPage(browser, short, { colorScheme });
    await page.locator('.row').first().waitFor();
    await page.locator('.node-detail:visible').getByRole('searchbox').fill('line');
    await page.locator('mark').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  test('on a screen 320 pixels wide nothing is lost at its side, and axe finds nothing there either', async () => {
    const { page } = await openPage(browser, short, { viewport: { width: 320, height: 640 } });
    await page.locator('.row').first().waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(320);
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('the page of the graph alone is as good, %s, and its picture is one that stands alone', async (colorScheme) => {
    const place = join(rig.root, 'graph.html');
    writeFileSync(place, (await rig.crpm(['graph', '--format', 'html'])).out);
    const { page, complaints, requests } = await openPage(browser, pathToFileURL(place).href, { colorScheme, viewport: { width: 320, height: 640 } });
    expect(await page.locator('.picture .node').count()).toBe(1);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(320);
    expect(await violations(page)).toEqual([]);
    const picture = place.replace('.html', '.svg');
    writeFileSync(picture, (await rig.crpm(['graph', '--format', 'svg'])).out);
    await page.goto(pathToFileURL(picture).href);
    expect(await page.evaluate<string>('getComputedStyle(document.querySelector(".box")).fill')).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(28, 31, 35)');
    expect([complaints, requests.length]).toEqual([[], 2]);
    await page.close();
  });

  test('on paper all nodes are there with why they ran, and neither data nor logs by the page', async () => {
    const { page } = await openPage(browser, short);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    // The 40 nodes, their picture, timeline, RPMs and proof.
    expect(pdf.toString('latin1').match(/\/Type ?\/Page\b/g)?.length).toBeLessThan(12);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.node-detail:visible').count()).toBe(40);
    expect(await page.locator('.log:visible, details:visible').count()).toBe(0);
    await page.close();
  });
});
