import type { Failure } from '@crpm/core';
import { screenText } from '@crpm/core/screen-text';
import { markup, type Markup } from '../markup.js';
import { anchorOf } from '../page/anchor.js';
import type { PageView } from './page-view.js';

/** What went wrong, before all else; nothing where all is well. */
export function failuresPart({ record }: PageView): Markup {
  const failed = record.nodes.filter(({ state, failure }) => state === 'failed' && failure);
  return failed.length === 0
    ? markup``
    : markup`<h2 id="failures">${failed.length === 1 ? 'What failed' : `What failed: ${String(failed.length)} nodes`}</h2>
${failed.map(({ id, failure }) => markup`<article class="failure"><h3><a href="#${anchorOf(id)}">${id}</a></h3>${failure && failureText(failure)}</article>\n`)}`;
}

/** What failed in a sentence, the lines that matter, what to do next and to type. */
export function failureText({ message, lines = [], next, commands = [] }: Failure): Markup {
  return markup`<p class="message">${message}</p>
${lines.length > 0 && markup`<pre class="lines" tabindex="0" role="group" aria-label="The lines that matter">${lines.map(screenText).join('\n')}</pre>`}
${next !== undefined && markup`<p class="next"><b>Next:</b> ${next}</p>
`}${commands.length > 0 && markup`<p class="next"><b>Type:</b> ${commands.map((command, index) => markup`${index > 0 && '; '}<code>${command}</code>`)}</p>`}`;
}
