import { formatDuration } from '@crpm/reporters/words';
import { markup } from '../markup.js';
import { stateWord } from '../node-state.js';
import { stateIcon } from '../picture/icons.js';
import { drawPicture, layOutPicture, type PictureNode } from '../picture/svg.js';
import { anchorOf } from './anchor.js';
import { shell } from './shell.js';

/** The graph as a page of its own: the picture, and below it each node in words. */
export async function graphPage(nodes: readonly PictureNode[], title: string, style: string): Promise<string> {
  const picture = drawPicture(nodes, await layOutPicture(nodes), { title, styled: false, href: (id) => `#${anchorOf(id)}` });
  const { head, foot } = shell({ title, style });
  const body = markup`<header class="top"><h1>${title}</h1></header>
<main>
<section><div class="scroll" tabindex="0" role="region" aria-label="The graph">${picture}</div>
<p class="hint">An arrow leads to what needs a node; arrows that follow from others are left out.</p></section>
<section><h2 id="nodes">Nodes</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="nodes"><table><thead><tr><th scope="col">Node</th><th scope="col">State</th><th scope="col" class="number">Took</th><th scope="col">Needs</th><th scope="col">Does</th></tr></thead><tbody>
${nodes.map(
  (node) => markup`<tr id="${anchorOf(node.id)}"><th scope="row"><code>${node.id}</code></th><td class="is-${node.state}">${stateIcon(node.state)} ${stateWord(node.state, node.role)}</td><td class="number">${node.ms ? formatDuration(node.ms) : '–'}</td><td>${node.needs.map((need, index) => markup`${index > 0 && ', '}<a href="#${anchorOf(need)}"><code>${need}</code></a>`)}</td><td>${node.title}</td></tr>
`,
)}</tbody></table></div></section>
</main>
`;
  return `${head}${body.text}${foot}`;
}
