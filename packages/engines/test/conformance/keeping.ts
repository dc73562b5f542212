import { packFiles } from '@crpm/archive';
import type { OwnedObject, Work } from '@crpm/core';
import { afterEach, describe, expect, it } from 'vitest';
import { never, type Rig } from './rig.js';

export function keeping(rig: Rig): void {
  const { subject, labels, openWork, closeWorks, sh, leftovers } = rig;
  const cache = `conformance-${process.pid}`;
  const neighbour = { ...labels, workspace: `${labels.workspace}-neighbour` };
  const kept = async (what: 'tree' | 'cache'): Promise<readonly OwnedObject[]> => {
    const of = what === 'tree' ? [labels.workspace, neighbour.workspace] : [''];
    return (await rig.engine.list({})).filter((object) => object.keeps?.what === what && of.includes(object.labels.workspace) && (what === 'tree' || object.keeps.name === cache));
  };

  describe.skipIf(subject.lacks.keeping)('what is kept', () => {
    afterEach(async () => {
      await closeWorks();
      await rig.engine.remove([...(await kept('tree')), ...(await kept('cache'))]);
    });

    it('a build tree has in the next work, at the same place, what the last one left, with the same times', async () => {
      const first = await openWork({ tree: 'libvirt' });
      expect((await sh(first, 'ls -A')).lines).toEqual([]);
      await first.put(packFiles([{ path: 'src/a.c', content: 'a', mtime: 1_600_000_000 }, { path: 'src/b.c', content: 'b', mtime: 1_600_000_000.5 }]));
      const times = 'stat -c "%n %.9Y" src src/a.c src/b.c made';
      const before = await sh(first, `echo made > made; pwd; ${times}`);
      expect(before.lines.slice(2, 4)).toEqual(['src/a.c 1600000000.000000000', 'src/b.c 1600000000.500000000']);
      await first.close();
      // As another process would.
      const other = await subject.open();
      try {
        const second = await other.openWork({ image: rig.image, arch: rig.engine.arch, labels: { ...labels, run: 'run2' }, tree: 'libvirt', signal: never });
        expect(await sh(second, `pwd; ${times}`)).toEqual(before);
        await second.close();
      } finally {
        await other.close();
      }
    });

    it('put changes what the archive names, and nothing else in the tree', async () => {
      const work = await openWork({ tree: 'qemu' });
      await sh(work, 'mkdir -p d/e && for i in $(seq 300); do echo $i > d/e/$i; done; touch -d @1500000000 d/e/*');
      await work.put(packFiles([{ path: 'd/e/7', content: 'new', mtime: 1_700_000_000.25 }, { path: 'd/f/new', content: 'new' }]));
      expect((await sh(work, 'find d -type f ! -newermt @1500000000 | wc -l; find d -type f -newermt @1500000000 | sort; stat -c %.2Y d/e/7; cat d/e/7')).lines).toEqual(['299', 'd/e/7', 'd/f/new', '1700000000.25', 'new']);
    });

    it('a tree is of one workspace and has one name', async () => {
      await sh(await openWork({ tree: 'libvirt' }), 'touch mine');
      expect((await sh(await openWork({ tree: 'libvirt', labels: neighbour }), 'ls')).lines).toEqual([]);
      expect((await sh(await openWork({ tree: 'libvirt-aarch64' }), 'ls')).lines).toEqual([]);
      expect((await sh(await openWork(), 'ls')).lines).toEqual([]);
    });

    it('a tree is listed as kept, and stays until it is removed', async () => {
      const work = await openWork({ tree: 'libvirt' });
      await sh(work, 'head -c 1000000 /dev/urandom > big');
      await work.close();
      const found = await leftovers();
      expect(found).toEqual([expect.objectContaining({ keeps: { what: 'tree', name: 'libvirt' }, labels: expect.objectContaining({ workspace: labels.workspace }) })]);
      const [measured] = (await rig.engine.list({ workspace: labels.workspace, sizes: true })).filter(({ keeps }) => keeps);
      expect(measured!.bytes).toBeGreaterThanOrEqual(1_000_000);
      expect(measured!.bytes).toBeLessThan(1_200_000);
      await rig.engine.remove(found);
      expect(await leftovers()).toEqual([]);
      await rig.engine.remove(found);
      expect((await sh(await openWork({ tree: 'libvirt' }), 'ls')).lines).toEqual([]);
    });

    it('a tree outlives a client that died with it open, and what else the client left goes', async () => {
      const dead = await subject.open();
      const work = await dead.openWork({ image: rig.image, arch: rig.engine.arch, labels, tree: 'libvirt', cache, signal: never });
      let started!: () => void;
      const running = new Promise<void>((resolve) => (started = resolve));
      const abandoned = work.run({ argv: ['sh', '-c', 'echo kept > file; echo up; exec sleep 1000'], signal: never, line: started }).catch((error: unknown) => error);
      await Promise.race([running, abandoned]);
      const orphans = (await leftovers()).filter(({ keeps }) => !keeps);
      expect(orphans.length).toBeGreaterThan(0);
      await rig.engine.remove(orphans);
      await abandoned;
      expect((await leftovers()).map(({ keeps }) => keeps)).toEqual([{ what: 'tree', name: 'libvirt' }]);
      expect((await sh(await openWork({ tree: 'libvirt' }), 'cat file')).lines).toEqual(['kept']);
    });

    it('a cache is shared by works of several workspaces at the same time, and belongs to none of them', async () => {
      const [one, two] = await Promise.all([openWork({ cache }), openWork({ cache, labels: neighbour, tree: 'libvirt' })]);
      expect(one!.cache).toBeDefined();
      expect(one!.cache).not.toBe(one!.root);
      expect((await openWork()).cache).toBeUndefined();
      await Promise.all([sh(one!, 'touch "$C/one"', { env: { C: one!.cache! } }), sh(two!, 'touch "$C/two"', { env: { C: two!.cache! } })]);
      const { lines } = await sh(one!, 'ls "$C"; ls', { env: { C: one!.cache! } });
      expect(lines).toEqual(['one', 'two']);
      await closeWorks();
      expect(await leftovers()).toEqual([]);
      const [shared, ...more] = await kept('cache');
      expect([shared, more]).toEqual([expect.objectContaining({ keeps: { what: 'cache', name: cache }, labels: { workspace: '', run: '', node: '' } }), []]);
      await rig.engine.remove([shared!]);
      expect(await kept('cache')).toEqual([]);
      const again = await openWork({ cache });
      expect((await sh(again, 'ls -A "$C"', { env: { C: again.cache! } })).lines).toEqual([]);
    });

    it('a compiler cache has for one workspace what another compiled, wherever its folder is', async (test) => {
      const works = await Promise.all([openWork({ cache, tree: 'libvirt' }), openWork({ cache, labels: neighbour })]);
      // This machine may lack them; the tests' image has them, and must.
      if (rig.engine.kind === 'host' && (await sh(works[0]!, 'command -v ccache && command -v gcc')).code !== 0) {
        console.warn('SKIPPED: ccache or gcc is missing on this machine; sharing compiled objects is not tested on it');
        return test.skip();
      }
      const compile = async (work: Work): Promise<string> => {
        await work.put(packFiles([{ path: 'src/a.c', content: 'int answer(void) { return 42; }\n', mtime: 1_600_000_000 }]));
        const env = { CCACHE_DIR: work.cache!, CCACHE_BASEDIR: work.root, CCACHE_NOHASHDIR: '1', CCACHE_MAXSIZE: '1G' };
        const { lines } = await sh(work, 'ccache --zero-stats >/dev/null && ccache gcc -g -c "$PWD/src/a.c" -o a.o && ccache --print-stats | grep -E "^(direct|preprocessed)_cache_hit|^cache_miss"', { env });
        return [...lines].sort().join(' ').replaceAll('\t', ' ');
      };
      expect(await compile(works[0]!)).toBe('cache_miss 1 direct_cache_hit 0 preprocessed_cache_hit 0');
      expect(await compile(works[1]!)).toBe('cache_miss 0 direct_cache_hit 1 preprocessed_cache_hit 0');
    });
  });
}
