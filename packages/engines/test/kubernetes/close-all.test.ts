import { closeAll } from '@crpm/engines/kubernetes/close-all';
import { expect, it } from 'vitest';

it('all is closed, whatever fails, and the first of those that failed is told', async () => {
  const closed: string[] = [];
  const step = (name: string, error?: Error) => async () => {
    closed.push(name);
    if (error) throw error;
  };
  await expect(closeAll([step('a'), step('b', new Error('first')), step('c', new Error('second')), step('d')])).rejects.toThrow('first');
  expect(closed).toEqual(['a', 'b', 'c', 'd']);
});
