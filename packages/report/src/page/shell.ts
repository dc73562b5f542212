import { createHash } from 'node:crypto';
import { escapeText, markup, Markup } from '../markup.js';
import { COLOURS, DRAWING } from '../picture/style.js';

/** What the build makes of `page.css` and of `browser/`. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

export interface ShellOptions {
  readonly title: string;
  readonly style: string;
  /** Absent: the page has none. */
  readonly script?: string;
  /** What the script may fetch from; absent: nothing. */
  readonly connect?: string;
}

/** A sheet with a tick, drawn small. */
const ICON = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 4.5h12M2 8h7M2 11.5h5" stroke="#777" stroke-width="2" stroke-linecap="round"/><path d="m10 11 2 2 3-4" fill="none" stroke="#2a9d4e" stroke-width="2" stroke-linecap="round"/></svg>')}`;

/** The two ends of a page around its body. Nothing of it can load anything: styles and script are in it, known to the browser by their digests. */
export function shell({ title, style: own, script, connect }: ShellOptions): { readonly head: string; readonly foot: string } {
  const style = `${COLOURS}\n${DRAWING}${own}`;
  const policy = [
    "default-src 'none'",
    `style-src '${digest(style)}'`,
    'img-src data:',
    ...(script === undefined ? [] : [`script-src '${digest(script)}'`]),
    ...(connect === undefined ? [] : [`connect-src ${connect}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${ICON}">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
`;
  const foot = `${script === undefined ? '' : `<script>${script}</script>\n`}</body>\n</html>\n`;
  return { head: head.text, foot };
}

/** As Content-Security-Policy names an inline style or script. */
function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** JSON that can stand in a script element: no tag can begin in it. */
export function dataElement(id: string, value: unknown): string {
  return `<script type="application/json" id="${escapeText(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>\n`;
}
