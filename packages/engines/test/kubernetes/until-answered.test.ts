import { apiFailure, connectionFailure } from '@crpm/engines/kubernetes/kube-error';
import { untilAnswered } from '@crpm/engines/kubernetes/until-answered';
import { describe, expect, it } from 'vitest';

const away = connectionFailure('ECONNREFUSED', 'listing jobs', 'nothing listens there', 'https://fake');

describe('a cluster that is away for a moment', () => {
  it('is asked again', async () => {
    const answers = [away, away, 'here'];
    expect(await untilAnswered(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    })).toBe('here');
  });

  it('is not asked for ever', async () => {
    let calls = 0;
    await expect(untilAnswered(async () => { calls++; throw away; }, { away: 300 })).rejects.toBe(away);
    expect(calls).toBe(2);
  });

  it('that refuses is not asked again', async () => {
    let calls = 0;
    const refused = apiFailure(403, 'Forbidden', 'listing jobs', 'forbidden', 'https://fake');
    await expect(untilAnswered(async () => { calls++; throw refused; })).rejects.toBe(refused);
    expect(calls).toBe(1);
  });
});
