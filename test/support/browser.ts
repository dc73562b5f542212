import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** Where the distributions put Chromium. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/lib64/chromium-browser/chromium-browser'].find((path) => existsSync(path));

/** Whether there is a browser; the tests that need one are skipped without. */
export const hasBrowser = CHROMIUM !== undefined;

/** The distribution's Chromium, without a screen. */
export async function openBrowser(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  // A container has no user namespaces for the sandbox, and little shared memory.
  return chromium.launch({ ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }), args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** A page that is watched. */
export interface Watched {
  readonly page: Page;
  /** What the console was told, and what went wrong, as long as the page is open. */
  readonly complaints: readonly string[];
  /** All that was asked for, its own address among it. */
  readonly requests: readonly string[];
}

export async function openPage(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  // Far above what any needs: a crowded machine is no failure.
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests };
}

/** What axe finds against the page for people who see little, hear it, or use no mouse; a line each. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate<string[]>('axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`)))');
}
