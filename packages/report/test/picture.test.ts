import { expect, test } from 'vitest';
import { layOut } from '../src/picture/layout.js';
import { withoutImplied } from '../src/picture/reduce.js';
import { drawPicture, layOutPicture, type PictureNode } from '../src/picture/svg.js';

const node = (id: string, needs: readonly string[] = [], more: Partial<PictureNode> = {}): PictureNode => ({ id, title: `make ${id}`, needs, state: 'ran', ...more });
const draw = async (nodes: readonly PictureNode[]) => drawPicture(nodes, await layOutPicture(nodes), { title: 'a <graph>', styled: true, href: (id) => `#${id}` }).text;

test('an arrow that follows from others is left out, and so is a need that is not in the picture', () => {
  const nodes = [node('base'), node('a.source'), node('a.rpmbuild', ['base', 'a.buildroot', 'a.source', 'elsewhere']), node('a.buildroot', ['base', 'a.source'])];
  expect([...withoutImplied(nodes)]).toEqual([['base', []], ['a.source', []], ['a.rpmbuild', ['a.buildroot']], ['a.buildroot', ['base', 'a.source']]]);
});

test('what is needed stands left of what needs it, boxes do not overlap, and all of them are within the picture', async () => {
  const size = { width: 100, height: 36 };
  const ids = Array.from({ length: 40 }, (_, index) => `n${String(index)}`);
  const nodes = ids.map((id, index) => ({ id, needs: index < 8 ? [] : [`n${String(index - 8)}`, `n${String(index - (index % 8) - 8)}`] }));
  const { boxes, arrows, width, height } = await layOut(nodes, size);
  const at = (id: string) => boxes[id]!;
  for (const { from, to, points } of arrows) {
    expect(at(from).x + size.width).toBeLessThan(at(to).x);
    expect([points[0], points.at(-1)]).toEqual([{ x: at(from).x + size.width, y: at(from).y + 18 }, { x: at(to).x, y: at(to).y + 18 }]);
  }
  for (const [index, id] of ids.entries()) {
    expect(at(id).x).toBeGreaterThanOrEqual(0);
    expect(at(id).x + size.width).toBeLessThanOrEqual(width);
    expect(at(id).y + size.height).toBeLessThanOrEqual(height);
    for (const other of ids.slice(index + 1)) expect(Math.abs(at(id).x - at(other).x) >= size.width || Math.abs(at(id).y - at(other).y) >= size.height).toBe(true);
  }
});

test('an arrow over several columns keeps clear of the boxes that it passes', async () => {
  const nodes = [node('a'), node('b', ['a']), node('c', ['b']), node('d', ['c']), node('x', ['a']), node('z', ['d', 'x'])];
  const size = { width: 100, height: 36 };
  const { boxes, arrows } = await layOut(nodes, size);
  const long = arrows.find(({ from, to }) => from === 'x' && to === 'z')!;
  for (const { x, y } of long.points.slice(1, -1)) {
    for (const id of ['b', 'c', 'd']) {
      const box = boxes[id]!;
      expect(x > box.x && x < box.x + size.width && y > box.y && y < box.y + size.height).toBe(false);
    }
  }
});

test('each node has its id, its state in words, its time, and a link; nothing of a name becomes markup', async () => {
  const svg = await draw([node('base', [], { state: 'fresh' }), node('a.rpmbuild@aarch64', ['base'], { group: 'a', state: 'failed', ms: 65_000 }), node('"><script>', ['base'], { title: '</svg>\u202e\u0000' })]);
  expect(svg).toContain('<title>a.rpmbuild@aarch64: failed, 1m05s\nmake a.rpmbuild@aarch64</title>');
  expect(svg).toContain('class="node is-failed" data-node="a.rpmbuild@aarch64"');
  expect(svg).toContain('>rpmbuild</text>');
  expect(svg).toContain('>a aarch64 1m05s</text>');
  expect(svg).toContain('>fresh</text>');
  expect(svg).toContain('<a href="#base" tabindex="-1" aria-label="base fresh: base: fresh">');
  expect(svg).toContain('aria-label="a &lt;graph&gt;"');
  expect(svg).not.toContain('<script');
  expect(svg.match(/<\/svg>/g)).toHaveLength(1);
  expect(svg).toContain('&lt;/svg&gt;\ufffd\ufffd');
});

test('a graph without nodes is a picture too', async () => {
  expect(await draw([])).toContain('viewBox="0 0 0 0"');
});
