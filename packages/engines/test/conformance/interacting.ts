import { PassThrough, type Writable } from 'node:stream';
import { packFiles } from '@crpm/archive';
import type { Exit, Interaction, Work } from '@crpm/core';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { never, type Rig } from './rig.js';

export function interacting(rig: Rig): void {
  const { subject, labels, openWork, closeWorks, sh, leftovers } = rig;

  describe.skipIf(subject.lacks.interact)('interact', () => {
    it('gives the program what comes in, and hands back each of its streams and its exit code', async () => {
      const work = await openWork();
      const talk = converse(work, { argv: ['sh', '-c', 'while read -r line; do echo "<$line>"; echo "!$line" >&2; done; echo over; exit 7'] });
      talk.stdin.write('one\n');
      talk.stdin.end('two\n');
      expect(await talk.exit).toEqual({ code: 7, oom: false });
      expect(talk.said()).toEqual(['<one>\n<two>\nover\n', '!one\n!two\n']);
    });

    it('is a talk: an answer comes before the next question', async () => {
      const work = await openWork();
      const talk = converse(work, { argv: ['sh'] });
      talk.stdin.write('echo $((20 + 1))\n');
      await talk.hears('21\n');
      talk.stdin.write('echo $((40 + 2)); exit 3\n');
      expect(await talk.exit).toMatchObject({ code: 3 });
      expect(talk.said()[0]).toBe('21\n42\n');
    });

    it('has the folder, the variables and the files of the work, and the next program has what it left', async () => {
      const work = await openWork();
      await work.put(packFiles([{ path: 'd/given', content: 'given' }]));
      const talk = converse(work, { argv: ['sh', '-c', 'cat given; echo " $MINE $(pwd)"; echo left > left'], cwd: 'd', env: { MINE: 'a b' } });
      talk.stdin.end();
      await talk.exit;
      expect(talk.said()[0]).toBe(`given a b ${work.root}/d\n`);
      expect((await sh(work, 'cat d/left')).lines).toEqual(['left']);
    });

    it('takes no harm from input that nobody reads', async () => {
      const work = await openWork();
      const talk = converse(work, { argv: ['true'] });
      talk.stdin.write('x'.repeat(1_000_000));
      expect(await talk.exit).toMatchObject({ code: 0 });
    });

    it('ends when it is cancelled, and leaves nothing', async () => {
      const work = await openWork();
      const controller = new AbortController();
      const talk = converse(work, { argv: ['sh', '-c', 'echo up; sleep 1000'], signal: controller.signal });
      const ended = failureOf(talk.exit);
      await talk.hears('up\n');
      controller.abort();
      expect((await ended).class).toBe('cancelled');
      await closeWorks();
      expect(await leftovers()).toEqual([]);
    });
  });

  describe.skipIf(subject.lacks.copyOf)('a copy of a build tree', () => {
    afterEach(async () => {
      await closeWorks();
      await rig.engine.remove((await rig.engine.list({ workspace: labels.workspace })).filter(({ keeps }) => keeps));
    });

    it('stands at the path of the tree with all that is in it, times too, and nothing that is done there reaches the tree', async () => {
      const tree = await openWork({ tree: 'libvirt' });
      await tree.put(packFiles([{ path: 'src/a.c', content: 'a', mtime: 1_600_000_000.5 }]));
      await sh(tree, 'echo made > "$PWD/made"; ln -s src/a.c link');
      const seen = 'pwd; stat -c "%n %.9Y" src/a.c made; readlink link; cat "$0/made"';
      const before = await sh(tree, seen.replace('$0', tree.root));
      await tree.close();

      const copy = await openWork({ copyOf: 'libvirt' });
      expect(copy.root).toBe(tree.root);
      expect(await sh(copy, seen.replace('$0', copy.root))).toEqual(before);
      // By its absolute path too, as build files name it.
      await sh(copy, `echo changed > ${copy.root}/made; rm src/a.c; echo new > new`);
      await copy.put(packFiles([{ path: 'put', content: 'put' }]));
      const talk = converse(copy, { argv: ['sh', '-c', `cat ${copy.root}/made ../put; pwd`], cwd: 'src' });
      talk.stdin.end();
      await talk.exit;
      expect(talk.said()[0]).toBe(`changed\nput${copy.root}/src\n`);
      await copy.close();

      const again = await openWork({ tree: 'libvirt' });
      expect((await sh(again, 'cat made src/a.c; ls')).lines).toEqual(['made', 'alink', 'made', 'src']);
    });

    it('goes when it is closed; the tree stays', async () => {
      await (await openWork({ tree: 'libvirt' })).close();
      await (await openWork({ copyOf: 'libvirt' })).close();
      expect((await leftovers()).map(({ keeps }) => keeps)).toEqual([{ what: 'tree', name: 'libvirt' }]);
    });
  });
}

interface Talk {
  readonly stdin: PassThrough;
  readonly exit: Promise<Exit>;
  /** All of both streams. */
  said(): readonly [string, string];
  /** Resolves once the output ends so. */
  hears(text: string): Promise<void>;
}

function converse(work: Work, interaction: Pick<Interaction, 'argv'> & Partial<Interaction>): Talk {
  const [stdin, out, err] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = [out, err].map((stream) => {
    const text = { value: '' };
    stream.on('data', (chunk: Buffer) => (text.value += chunk.toString()));
    return text;
  });
  const streams = { stdin, stdout: out as Writable, stderr: err as Writable };
  return {
    stdin,
    exit: work.interact({ signal: never, streams, ...interaction }),
    said: () => [texts[0]?.value ?? '', texts[1]?.value ?? ''],
    hears: (text) => new Promise((resolve) => {
      const look = () => { if (texts[0]?.value.endsWith(text)) resolve(); };
      out.on('data', look);
      look();
    }),
  };
}
