import { expect, test } from 'vitest';
import { markup } from '../src/markup.js';
import { anchorOf } from '../src/page/anchor.js';
import { dataElement } from '../src/page/shell.js';

test('values are escaped, for text and for attributes, and markup within markup is not escaped again', () => {
  const inner = markup`<b title="${'"\'&'}">${'<i>'}</b>`;
  expect(markup`<p>${inner}${[inner, 'x']}${false}${undefined}${7}</p>`.text).toBe(`<p>${'<b title="&quot;&#39;&amp;">&lt;i&gt;</b>'.repeat(2)}x7</p>`);
});

test('what no document may hold is a sign that something was there', () => {
  expect(markup`${'a\u0000b\u001b[0m\u202ec\ud800\ttab\nline'}`.text).toBe('a\ufffdb\ufffd[0m\ufffdc\ufffd\ttab\nline');
  expect(markup`${'😀'}`.text).toBe('😀');
});

test('data in a page can not end its element', () => {
  const text = dataElement('x', { line: '</script><!--' });
  expect(text).toBe('<script type="application/json" id="x">{"line":"\\u003c/script>\\u003c!--"}</script>\n');
});

test('each id has an anchor of its own, whatever is in it', () => {
  expect(anchorOf('libvirt.rpmbuild@aarch64_cs10')).toBe('node-libvirt.rpmbuild@aarch64_cs10');
  expect(new Set(['a b', 'a~20b', 'a"b', 'ab'].map(anchorOf)).size).toBe(4);
  expect(anchorOf('"><x>')).toMatch(/^[\w.@~-]+$/);
});
