import { describe, expect, it } from 'vitest';
import { never, type Rig } from './rig.js';

export function ownership(rig: Rig): void {
  const { subject, labels, openWork, sh, leftovers } = rig;

  describe('ownership', () => {
    it('lists what is open with its labels, and of other workspaces nothing', async () => {
      const work = await openWork();
      const mine = await leftovers();
      expect(mine.length).toBeGreaterThan(0);
      expect(mine.every((object) => object.labels.node === labels.node && object.labels.run === labels.run)).toBe(true);
      expect(Math.abs(mine[0]!.created - Date.now() / 1000)).toBeLessThan(300);
      expect((await rig.engine.list({ workspace: 'somebody-else' })).filter((object) => object.labels.workspace === labels.workspace)).toEqual([]);
      await work.close();
      expect(await leftovers()).toEqual([]);
    });

    it('what a dead client left is found and removed by the next, running programs too', async () => {
      const dead = await subject.open();
      const work = await dead.openWork({ image: rig.image, arch: rig.engine.arch, labels, signal: never });
      let started!: () => void;
      const running = new Promise<void>((resolve) => (started = resolve));
      // Never closed: its process is taken for dead. The program ends when its container is removed from under it.
      const abandoned = work.run({ argv: ['sh', '-c', 'echo up; sleep 1000'], signal: never, line: started }).catch((error: unknown) => error);
      await Promise.race([running, abandoned]);
      const found = await leftovers();
      expect(found.length).toBeGreaterThan(0);
      await rig.engine.remove(found);
      expect(await leftovers()).toEqual([]);
      await abandoned;
      await rig.engine.remove(found);
    });

    it('closing twice is closing once', async () => {
      const work = await openWork();
      await Promise.all([work.close(), work.close()]);
      await work.close();
      expect(await leftovers()).toEqual([]);
    });

    it('two works at once do not meet', async () => {
      const [one, two] = await Promise.all([openWork(), openWork()]);
      await Promise.all([sh(one!, 'echo one > f'), sh(two!, 'echo two > f')]);
      const [a, b] = await Promise.all([sh(one!, 'cat f'), sh(two!, 'cat f')]);
      expect([a!.lines, b!.lines]).toEqual([['one'], ['two']]);
    });
  });
}
