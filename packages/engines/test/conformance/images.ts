import { packFiles } from '@crpm/archive';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { never, type Rig } from './rig.js';

export function images(rig: Rig): void {
  const { subject, labels, openWork, sh } = rig;

  describe('images', () => {
    const step = { env: {}, network: 'bridge', labels, arch: '', signal: never, line: () => {} } as const;

    it('knows what it has and what not', async () => {
      expect(await rig.engine.hasImage(rig.image)).toBe(true);
      expect(await rig.engine.hasImage(`sha256:${'0'.repeat(64)}`)).toBe(false);
    });

    it.skipIf(subject.lacks.derive)('derives an image: files, then argv, both kept; variables of the step not', async () => {
      const { id } = await rig.engine.deriveImage(rig.image, {
        ...step,
        arch: rig.engine.arch,
        argv: ['sh', '-c', 'cat /opt/given; echo made > /opt/made; echo "$STEP"'],
        env: { STEP: 'only here' },
        files: packFiles([{ path: 'opt/given', content: 'given\n' }]),
      });
      try {
        expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(await rig.engine.hasImage(id)).toBe(true);
        const work = await openWork({ image: id });
        expect((await sh(work, 'cat /opt/given /opt/made; echo "[$STEP]"')).lines).toEqual(['given', 'made', '[]']);
        await work.close();
        expect((await rig.engine.list({ workspace: labels.workspace })).map(({ type, labels: l }) => [type, l])).toEqual([['image', labels]]);
      } finally {
        await rig.engine.remove([{ type: 'image', id, labels, created: 0 }]);
      }
      expect(await rig.engine.hasImage(id)).toBe(false);
    });

    it.skipIf(subject.lacks.derive)('fails with the last lines when the step fails, and leaves nothing', async () => {
      const result = await failureOf(rig.engine.deriveImage(rig.image, { ...step, arch: rig.engine.arch, argv: ['sh', '-c', 'echo nothing provides foo-devel; exit 1'] }));
      expect(result).toMatchObject({ class: 'build', lines: ['nothing provides foo-devel'] });
      expect(await rig.engine.list({ workspace: labels.workspace })).toEqual([]);
    });

    it.skipIf(subject.lacks.derive)('a cancelled step leaves nothing', async () => {
      const controller = new AbortController();
      const result = await failureOf(
        rig.engine.deriveImage(rig.image, { ...step, arch: rig.engine.arch, signal: controller.signal, argv: ['sh', '-c', 'echo go; sleep 1000'], line: () => controller.abort() }),
      );
      expect(result.class).toBe('cancelled');
      expect(await rig.engine.list({ workspace: labels.workspace })).toEqual([]);
    });

    it.runIf(subject.lacks.derive)('refuses to derive, and says what it would have run', async () => {
      expect(await failureOf(rig.engine.deriveImage(rig.image, { ...step, arch: rig.engine.arch, argv: ['dnf', 'install', 'gcc'] }))).toMatchObject({ class: 'environment', message: expect.stringContaining('dnf install gcc') });
    });
  });
}
