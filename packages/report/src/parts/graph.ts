import { markup, type Markup } from '../markup.js';
import { anchorOf } from '../page/anchor.js';
import { drawPicture } from '../picture/svg.js';
import { didWork, workOf } from '../view/analysis.js';
import type { PageView } from './page-view.js';

export function graphPart({ record, layout, critical, now, name }: PageView): Markup {
  const path = new Set(critical.map(({ id }) => id));
  const nodes = record.nodes.map((node) => {
    const { id, group, title, needs, state, role } = node;
    return { id, title, needs, state, ...(group === undefined ? {} : { group }), ...(role === undefined ? {} : { role }), ...(didWork(node) ? { ms: workOf(node, now) } : {}), critical: path.size > 1 && path.has(id) };
  });
  return markup`<h2 id="graph">Graph</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="graph">${drawPicture(nodes, layout, { title: `Graph of ${name}`, styled: false, href: (id) => `#${anchorOf(id)}` })}</div>
<p class="hint">An arrow leads to what needs a node; arrows that follow from others are left out.${path.size > 1 && markup` The <b class="critical">critical path</b> decided how long the run took.`}</p>`;
}
