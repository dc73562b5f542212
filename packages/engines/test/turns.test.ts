import { Turns } from '@crpm/engines/docker/turns';
import { expect, it } from 'vitest';

it('those who want the same have it one after the other, also after one that failed; others do not wait', async () => {
  const turns = new Turns();
  const told: string[] = [];
  let release!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  const first = turns.take('a', async () => {
    await held;
    told.push('first');
    throw new Error('failed');
  });
  const second = turns.take('a', async () => told.push('second'));
  await turns.take('b', async () => told.push('other'));
  release();
  await expect(first).rejects.toThrowError('failed');
  await second;
  expect(told).toEqual(['other', 'first', 'second']);
});
