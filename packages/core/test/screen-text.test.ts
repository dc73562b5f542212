import fc from 'fast-check';
import { expect, test } from 'vitest';
import { screenText } from '../src/index.js';

test.each([
  ['colours', '\u001b[1;31merror:\u001b[0m no', 'error: no'],
  ['a window title', '\u001b]0;owned\u0007text', 'text'],
  ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a device control string', '\u001bP1$r0m\u001b\\text', 'text'],
  ['cursor movement and clearing', 'a\u001b[2J\u001b[Hb', 'ab'],
  ['a reset of the terminal', 'a\u001bcb', 'ab'],
  ['eight-bit sequences', 'a\u009b31mb', 'ab'],
  ['a sequence that was cut', 'a\u001b[3', 'a'],
  ['the bell, backspaces and NUL', 'a\u0007\u0008\u0000b', 'ab'],
  ['marks that turn the direction of text', 'right \u202eto left', 'right to left'],
  ['all but the last state of a redrawn line', '10%\r55%\r100%\r', '100%'],
  ['the return before a line’s end', 'windows\r', 'windows'],
  ['all of a tab but a space', 'a\tb', 'a b'],
])('takes out %s', (_what, dirty, clean) => {
  expect(screenText(dirty)).toBe(clean);
});

test('leaves text of any language alone', () => {
  expect(screenText('  Übersetze größe → 完成 ✓ 🎉')).toBe('  Übersetze größe → 完成 ✓ 🎉');
});

test('cuts endless lines', () => {
  expect(screenText('x'.repeat(1e6))).toBe(`${'x'.repeat(2000)}…`);
});

test('lets no control character through, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('\u001b', '\u001b[', '\u001b]', '\u009b', '\r', '\n', '\u0007', '\u2067'))), (parts) => {
      expect(screenText(parts.join(''))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
