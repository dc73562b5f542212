import { expect, test } from 'vitest';
import { failureText } from '../src/parts/failures.js';

test('a failure on the page: what, the lines that matter, what to do, and what to type for it', () => {
  const { text } = failureText({ class: 'build', message: 'a < b', lines: ['\u001b[31mx.c:1: error'], next: 'Mend it.', commands: ['crpm shell a.rpmbuild', 'df -h'] });
  expect(text).toContain('<p class="message">a &lt; b</p>');
  expect(text).toMatch(/<pre class="lines"[^>]*>x\.c:1: error<\/pre>/);
  expect(text).toContain('<p class="next"><b>Next:</b> Mend it.</p>\n<p class="next"><b>Type:</b> <code>crpm shell a.rpmbuild</code>; <code>df -h</code></p>');
  expect(failureText({ class: 'usage', message: 'm' }).text.trim()).toBe('<p class="message">m</p>');
});
