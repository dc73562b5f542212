import { expect, test } from 'vitest';
import { Canvas } from '../src/live-canvas.js';

function canvas(): { readonly canvas: Canvas; written(): string } {
  let text = '';
  return {
    canvas: new Canvas((more) => (text += more)),
    written: () => {
      const all = text.replaceAll('\u001b', '');
      text = '';
      return all;
    },
  };
}

test('only rows that changed are written, and what is too much below them is cleared', () => {
  const { canvas: drawn, written } = canvas();
  drawn.enter();
  written();
  drawn.paint(['a', 'b', 'c']);
  expect(written()).toBe('[2J[1Ha[K[2Hb[K[3Hc[K[H');
  drawn.paint(['a', 'B', 'c']);
  expect(written()).toBe('[2HB[K[H');
  drawn.paint(['a', 'B', 'c']);
  expect(written()).toBe('');
  drawn.paint(['a']);
  expect(written()).toBe('[2H[J[H');
});

test('after another size everything is written', () => {
  const { canvas: drawn, written } = canvas();
  drawn.enter();
  drawn.paint(['a', 'b']);
  written();
  drawn.forget();
  drawn.paint(['a', 'b']);
  expect(written()).toBe('[2J[1Ha[K[2Hb[K[H');
});

test('nothing is written into a terminal before it was entered, or after it was left', () => {
  const { canvas: drawn, written } = canvas();
  drawn.paint(['a']);
  drawn.leave();
  expect(written()).toBe('');
  drawn.enter();
  drawn.leave();
  written();
  drawn.paint(['a']);
  drawn.leave();
  expect(written()).toBe('');
});
