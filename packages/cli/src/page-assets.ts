import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PageAssets } from '@crpm/report';

/** The style of all pages; the build puts it beside the bundled crpm, which is CommonJS. */
export function pageStyle(): string {
  return readFileSync(join(__dirname, 'page.css'), 'utf8');
}

/** The same with the script of the report. */
export function pageAssets(): PageAssets {
  return { style: pageStyle(), script: readFileSync(join(__dirname, 'page.js'), 'utf8') };
}
