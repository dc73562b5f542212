import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { never, type Rig } from './rig.js';

export function cancelling(rig: Rig): void {
  const { openWork, sh, leftovers } = rig;

  describe('cancel', () => {
    const endless = 'trap "" TERM; echo started; while :; do sleep 1; done & wait; sleep 1000';

    it('stops a running program that ignores SIGTERM, and leaves nothing', async () => {
      const work = await openWork();
      const controller = new AbortController();
      const seen: string[] = [];
      const { class: kind } = await failureOf(
        work.run({
          argv: ['sh', '-c', endless],
          signal: controller.signal,
          line: (text) => {
            seen.push(text);
            controller.abort();
          },
        }),
      );
      expect(kind).toBe('cancelled');
      expect(seen).toEqual(['started']);
      // The work itself lives on.
      expect(await sh(work, 'exit 0')).toMatchObject({ code: 0 });
    });

    it('does not start when the signal has fired already', async () => {
      const work = await openWork();
      expect((await failureOf(sh(work, 'touch ran', { signal: AbortSignal.abort() }))).class).toBe('cancelled');
      expect((await sh(work, 'ls')).lines).toEqual([]);
    });

    it('close ends what runs', async () => {
      const work = await openWork();
      let started!: () => void;
      const running = new Promise<void>((resolve) => (started = resolve));
      const ended = failureOf(work.run({ argv: ['sh', '-c', endless], signal: never, line: started }));
      await Promise.race([running, ended]);
      await work.close();
      expect((await ended).class).toBe('cancelled');
      expect(await leftovers()).toEqual([]);
    });
  });
}
