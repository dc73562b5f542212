import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { MINUTE, never, type Rig } from './rig.js';

export function running(rig: Rig): void {
  const { subject, openWork, run, sh } = rig;

  describe('run', () => {
    it.each([0, 1, 2, 255])('gives the exit code %i as a value', async (code) => {
      const work = await openWork();
      expect(await sh(work, `exit ${code}`)).toMatchObject({ code, oom: false });
    });

    it('tells a program that died of a signal by 128 + its number', async () => {
      const work = await openWork();
      expect(await sh(work, 'sh -c \'kill -TERM $$\'; exit $?')).toMatchObject({ code: 143, oom: false });
    });

    it('hands out the lines of both streams, and the last one without an end', async () => {
      const work = await openWork();
      const { lines } = await sh(work, 'echo out; echo err >&2; printf "50%%\\r100%%\\n"; printf last');
      expect([...lines].sort()).toEqual(['100%', '50%', 'err', 'last', 'out']);
    });

    it('replaces bytes that are no UTF-8', async () => {
      const work = await openWork();
      expect((await sh(work, "printf 'a\\377\\376b\\n\\303\\244\\n'")).lines).toEqual(['a\uFFFD\uFFFDb', 'ä']);
    });

    it('passes every argument as it is', async () => {
      const work = await openWork();
      const nasty = ['a b', '$(touch pwned)', '`touch pwned`', ';touch pwned', "quote'\"", 'line\nbreak', '--flag', '', '*'];
      const { lines } = await run(work, ['sh', '-c', 'for a in "$@"; do printf "%s|" "$a" | tr "\\n" "/"; done; ls', 'sh', ...nasty]);
      expect(lines).toEqual([nasty.map((value) => `${value}|`).join('').replace('\n', '/')]);
    });

    it('streams 200 MB in bounded memory', async () => {
      const work = await openWork();
      let bytes = 0;
      let peak = 0;
      let count = 0;
      const before = process.memoryUsage().rss;
      const exit = await work.run({
        argv: ['sh', '-c', 'yes "$0" | head -c 200000000', 'x'.repeat(99)],
        signal: never,
        line: (text) => {
          bytes += text.length + 1;
          if (++count % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
        },
      });
      expect(exit.code).toBe(0);
      expect(bytes).toBe(200_000_000);
      expect(peak).toBeLessThan(150 * 1024 * 1024);
    }, 5 * MINUTE);

    it('cuts endless lines, losing nothing', async () => {
      const work = await openWork();
      const lengths: number[] = [];
      let zeros = 0;
      await work.run({
        argv: ['sh', '-c', 'head -c 10000000 /dev/zero'],
        signal: never,
        line: (text) => {
          lengths.push(text.length);
          for (const char of text) if (char === '\0') zeros++;
        },
      });
      expect(zeros).toBe(10_000_000);
      expect(Math.max(...lengths)).toBeLessThan(70_000);
    });

    it('names a program that is not there', async () => {
      const work = await openWork();
      const { class: kind, message } = await failureOf(run(work, ['no-such-program', 'x']));
      expect(kind).toBe('environment');
      expect(message).toContain('no-such-program');
    });

    it('runs in the folder asked for', async () => {
      const work = await openWork();
      expect((await sh(work, 'pwd')).lines).toEqual([work.root]);
      await sh(work, 'mkdir -p "a b/c"');
      expect((await sh(work, 'pwd', { cwd: 'a b/c' })).lines).toEqual([`${work.root}/a b/c`]);
    });

    it('gives an allow-list of variables and what was asked for, nothing of the user', async () => {
      process.env['CRPM_SECRET_OF_THE_USER'] = 'secret';
      try {
        const work = await openWork();
        const { lines } = await run(work, ['env', '-0'], { env: { MINE: 'a=b c\nd' } });
        const text = lines.join('\n');
        const names = text.split('\0').filter(Boolean).map((entry) => entry.split('=')[0]!).sort();
        expect(names.filter((variable) => !['PWD', 'OLDPWD', 'SHLVL', '_', 'HOSTNAME', 'CRPM_WORK', 'container', 'TERM'].includes(variable))).toEqual(['HOME', 'LANG', 'MINE', 'PATH', 'TMPDIR']);
        expect(text).toContain('MINE=a=b c\nd');
        expect(text).toContain('LANG=C.UTF-8');
      } finally {
        delete process.env['CRPM_SECRET_OF_THE_USER'];
      }
    });

    it('has a HOME and a TMPDIR that can be written', async () => {
      const work = await openWork();
      expect(await sh(work, 'touch "$HOME/x" "$TMPDIR/y"')).toMatchObject({ code: 0 });
    });

    it.skipIf(subject.lacks.networkNone)('has no network unless asked, but loopback', async () => {
      const work = await openWork();
      expect((await sh(work, 'grep -v lo: /proc/net/dev | grep -c :')).lines).toEqual(['0']);
      expect((await sh(work, 'cat /proc/net/dev', { network: 'host' })).lines.length).toBeGreaterThan(2);
    });

    it('sees later what an earlier program left in the work', async () => {
      const work = await openWork();
      await sh(work, 'echo kept > file');
      expect((await sh(work, 'cat file')).lines).toEqual(['kept']);
    });

    it.skipIf(subject.lacks.memoryLimit)('tells when the kernel ended a program for lack of memory', async () => {
      const work = await openWork({ memory: 64 * 1024 * 1024 });
      const eat = 'my $x = "x" x (300 * 1024 * 1024); print length $x';
      expect(await run(work, ['perl', '-e', eat])).toMatchObject({ oom: true });
      expect(await sh(work, 'exit 3')).toMatchObject({ code: 3, oom: false });
      const child = await run(work, ['sh', '-c', 'perl -e "$0" || exit 7', eat]);
      expect(child).toMatchObject({ code: 7, oom: !subject.lacks.childOom });
    });
  });
}
