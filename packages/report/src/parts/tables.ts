import { formatSize } from '@crpm/core/size';
import { count } from '@crpm/reporters/words';
import { markup, type Markup, type Part } from '../markup.js';
import { anchorOf } from '../page/anchor.js';
import { basesOf, clusterOf, proofOf, rpmsOf, type ProofView } from '../view/facts.js';
import type { PageView } from './page-view.js';

/** The RPMs with all that identifies them. */
export function packagesPart({ record }: PageView): Markup {
  const rpms = rpmsOf(record);
  if (rpms.length === 0) return markup``;
  return markup`<h2 id="packages">RPMs</h2>
${table('packages', ['RPM', 'EVR', 'Arch', 'Size', 'SHA-256', 'Made by'], rpms.map(({ name, evr, arch, size, sha256, node }) => [name, code(evr), arch, markup`<span class="number">${formatSize(size)}</span>`, markup`<code class="digest">${sha256}</code>`, link(node)]))}`;
}

/** The proof from KubeVirt's files, and from a cluster. */
export function proofPart({ record }: PageView): Markup {
  const proof = proofOf(record);
  const cluster = clusterOf(record);
  return markup`${proof && markup`<h2 id="proof">Proof</h2>
<p class="verdict ${proof.proven ? 'good' : 'bad'}">${proof.proven ? (proof.demonstration ? 'Shown: the example takes the build. A demonstration, not proof.' : 'Proven: KubeVirt takes the build.') : 'Not proven.'} <span class="faint">resolver: ${proof.resolver}${proof.demonstration && ' (stand-in)'}, by ${link(proof.node)}</span></p>
${complaints(proof.complaints)}
${table('proof', ['RPM', 'EVR', 'Arch', 'Verdict', 'Trees'], proof.rows.map(({ name, evr, place, verdict, message, trees }) => [name, code(evr), place, markup`<span class="${verdict === 'taken' ? 'good' : verdict === 'not taken' ? 'bad' : 'faint'}">${verdict}${verdict !== 'taken' && message !== '' && `: ${message}`}</span>`, markup`<code class="wrap">${trees.join(' ') || '–'}</code>`]))}
${proof.moved.length > 0 && markup`<p class="hint">${count(proof.moved.length, 'package')} that nobody built here moved along:</p><ul class="hint">${proof.moved.map(({ name, before, after, trees }) => markup`<li>${name} ${code(before)} &rarr; ${code(after)} (${trees})</li>`)}</ul>`}
${proof.notes.map((note) => markup`<p>${note}</p>`)}`}
${cluster && markup`<h2 id="cluster">In the cluster</h2>
<p class="verdict ${cluster.proven ? 'good' : 'bad'}">${cluster.proven ? 'Proven: virt-launcher runs the build.' : 'Not proven in the cluster.'} <span class="faint">${cluster.where}</span></p>
${complaints(cluster.complaints)}
${table('cluster', ['RPM', 'Version', 'Files', 'Equal', 'Not equal'], cluster.rows.map(({ name, version, files, equal, wrong }) => [name, code(version), String(files), String(equal), wrong.join(', ') || '–']))}`}`;
}

/** What the user should have read, and what the run was made with. */
export function notesPart({ record }: PageView): Markup {
  const warnings = [...new Set([...record.warnings, ...record.nodes.flatMap(({ id, warnings: own }) => own.map((text) => `${id}: ${text}`))])];
  const environment = [...Object.entries(record.started?.environment ?? {}).map(([name, value]) => [name, name === 'engine' ? engineOf(record, value) : value] as const), ...basesOf(record).map(({ node, from, dist }) => [node, `${from}, %dist ${dist}`] as const)];
  return markup`${warnings.length > 0 && markup`<h2 id="warnings">Warnings</h2><ul class="warnings">${warnings.map((text) => markup`<li>${text}</li>`)}</ul>`}
<h2 id="environment">Environment</h2>
${environment.length > 0 ? markup`<dl class="about">${environment.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}${record.started && markup`<dt>logs</dt><dd><code>${record.started.logs}</code></dd>`}</dl>` : markup`<p class="hint">It is not on record for this run.</p>`}`;
}

/** What was used, which the config leaves open. */
function engineOf({ ended }: PageView['record'], asked: string): string {
  if (!ended) return asked;
  return ended.engine ?? `${asked}; none was needed`;
}

function complaints(found: ProofView['complaints']): Part {
  return found.length > 0 && markup`<ul class="warnings">${found.map(({ check, message, next }) => markup`<li><b class="bad">${check}</b>: ${message}${next !== '' && markup` <span class="next"><b>Next:</b> ${next}</span>`}</li>`)}</ul>`;
}

function table(id: string, head: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  return markup`<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}"><table><thead><tr>${head.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead><tbody>
${rows.map(([first, ...rest]) => markup`<tr><th scope="row">${first}</th>${rest.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

function code(text: string): Markup {
  return markup`<code>${text}</code>`;
}

function link(node: string): Markup {
  return markup`<a href="#${anchorOf(node)}">${node}</a>`;
}
