import { formatDuration } from '@crpm/reporters/words';
import { markup, type Markup } from '../markup.js';
import { stateWord } from '../node-state.js';
import { anchorOf } from '../page/anchor.js';
import { stateIcon } from '../picture/icons.js';
import { didWork, workOf } from '../view/analysis.js';
import type { PageView } from './page-view.js';

/** All nodes in the order of the graph, each a link to what is told of it. */
export function nodeListPart({ record, now }: PageView): Markup {
  return markup`${record.nodes.map((node) => markup`<li><a href="#${anchorOf(node.id)}" data-select="${node.id}" class="is-${node.state}">${stateIcon(node.state)}<span class="id">${node.id}</span> <span class="took">${didWork(node) ? formatDuration(workOf(node, now)) : stateWord(node.state, node.role)}</span></a></li>\n`)}`;
}
