import { expect, test } from 'vitest';
import { Held } from '../src/held.js';
import { Recorded } from './events.js';

test('what is written while a screen is drawn is kept, its last line told, and written in its order when that is over', () => {
  const [out, err] = [new Recorded(true), new Recorded(true)];
  const held = new Held([out, err]);
  held.hold();
  held.hold();
  let called = false;
  (out.write as (text: string, done: () => void) => void)('one\n', () => (called = true));
  err.write('\nst\u001b[2Jopping\n\n');
  expect([out.text, err.text, held.last, called]).toEqual(['', '', 'stopping', true]);
  held.letGo();
  held.letGo();
  expect([out.text, err.text, held.last]).toEqual(['one\n', '\nst\u001b[2Jopping\n\n', undefined]);
  out.write('two\n');
  expect(out.text).toBe('one\ntwo\n');
});
