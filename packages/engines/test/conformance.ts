import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extractTar, packFiles, packPath } from '@crpm/archive';
import { FailureError, type Command, type Engine, type Exit, type Failure, type Labels, type Work } from '@crpm/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** What the suite needs to know of an engine under test. */
export interface Subject {
  /** Opens the engine; called more than once, as another process would. */
  open(): Promise<Engine>;
  /** An image with a shell, coreutils and perl (Debian's minimal system has them). */
  image(engine: Engine): Promise<string>;
  /** What the engine can't do, by the design of it. */
  readonly lacks: { readonly memoryLimit?: true; /** Tells only when the program itself was killed, not one of its children. */ readonly childOom?: true; readonly derive?: true; readonly networkNone?: true };
}

const MINUTE = 60_000;

/** The contract of `core/src/engine.ts`, as behaviour. */
export function conformance(name: string, subject: Subject): void {
  describe(`an engine, as ${name}`, () => {
    const labels: Labels = { workspace: `conformance-${process.pid}`, run: 'run1', node: 'libvirt.rpmbuild' };
    let engine: Engine;
    let image: string;
    let scratch: string;
    const works: Work[] = [];

    beforeAll(async () => {
      engine = await subject.open();
      image = await subject.image(engine);
      scratch = mkdtempSync(join(tmpdir(), 'crpm-conformance-'));
    });
    afterEach(async () => {
      for (const work of works.splice(0)) await work.close();
      // Every test must leave the engine as it found it.
      expect(await leftovers()).toEqual([]);
    });
    afterAll(async () => {
      await engine.close();
      rmSync(scratch, { recursive: true, force: true });
    });

    const never = new AbortController().signal;
    const leftovers = async () => (await engine.list({ workspace: labels.workspace })).filter(({ type }) => type !== 'image');
    const openWork = async (options: { memory?: number; signal?: AbortSignal; in?: Engine } = {}): Promise<Work> => {
      const work = await (options.in ?? engine).openWork({ image, arch: engine.arch, labels, signal: options.signal ?? never, ...(options.memory === undefined ? {} : { memory: options.memory }) });
      works.push(work);
      return work;
    };
    const run = async (work: Work, argv: readonly string[], more: Partial<Command> = {}): Promise<Exit & { lines: string[] }> => {
      const lines: string[] = [];
      const exit = await work.run({ argv, signal: never, line: (text) => lines.push(text), ...more });
      return { ...exit, lines };
    };
    const sh = (work: Work, script: string, more: Partial<Command> = {}) => run(work, ['sh', '-c', script], more);
    const failure = async (promise: Promise<unknown>): Promise<Failure> => {
      const thrown = await promise.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(thrown instanceof FailureError)) throw thrown ?? new Error('it did not fail');
      return thrown.failure;
    };

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
        const { class: kind, message } = await failure(run(work, ['no-such-program', 'x']));
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

    describe('cancel', () => {
      const endless = 'trap "" TERM; echo started; while :; do sleep 1; done & wait; sleep 1000';

      it('stops a running program that ignores SIGTERM, and leaves nothing', async () => {
        const work = await openWork();
        const controller = new AbortController();
        const seen: string[] = [];
        const { class: kind } = await failure(
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
        expect((await failure(sh(work, 'touch ran', { signal: AbortSignal.abort() }))).class).toBe('cancelled');
        expect((await sh(work, 'ls')).lines).toEqual([]);
      });

      it('close ends what runs', async () => {
        const work = await openWork();
        let started!: () => void;
        const running = new Promise<void>((resolve) => (started = resolve));
        const ended = failure(work.run({ argv: ['sh', '-c', endless], signal: never, line: started }));
        await running;
        await work.close();
        expect((await ended).class).toBe('cancelled');
        expect(await leftovers()).toEqual([]);
      });
    });

    describe('put and get', () => {
      const names = ['plain', 'with space', 'new\nline', "quo'te\"", '$(id)', '-rf', 'ä€', '\xff\xfe-not-utf8', 'n'.repeat(255), `deep/${'d'.repeat(120)}/${'e'.repeat(120)}`];
      const raw = (latin1: string) => Buffer.from(latin1, 'latin1');

      it('bring every name, mode, time, link and byte back as they were', async () => {
        const source = join(scratch, 'source');
        const bytes = (text: string) => (text === 'ä€' ? Buffer.from(text) : raw(text));
        const { mkdirSync, symlinkSync, utimesSync, chmodSync } = await import('node:fs');
        for (const entry of names) {
          const path = Buffer.concat([Buffer.from(`${source}/`), bytes(entry)]);
          const slash = path.lastIndexOf(0x2f);
          mkdirSync(path.subarray(0, slash), { recursive: true });
          writeFileSync(path, entry);
          utimesSync(path, 1_600_000_000, 1_600_000_000);
        }
        chmodSync(join(source, 'plain'), 0o755);
        writeFileSync(join(source, 'binary'), Buffer.from(Array.from({ length: 100_003 }, (_, i) => (i * 7) % 256)));
        symlinkSync('plain', join(source, 'link'));
        symlinkSync('../plain', join(source, 'deep', 'up'));
        symlinkSync('nowhere', join(source, 'dangling'));

        const work = await openWork();
        await work.put(packPath(Buffer.from(source), 'tree'));
        expect((await sh(work, 'cat tree/plain; stat -c %Y tree/plain; stat -c %a tree/plain')).lines).toEqual(['plain1600000000', '755']);
        await extractTar(await work.get('tree'), join(scratch, 'back'));
        expect(snapshot(join(scratch, 'back', 'tree'))).toEqual(snapshot(source));
      });

      it('get of the root gives what is in it, of a file that file', async () => {
        const work = await openWork();
        await work.put(packFiles([{ path: 'one/a.txt', content: 'a' }, { path: 'b.txt', content: 'b' }]));
        await extractTar(await work.get('.'), join(scratch, 'root'));
        expect([...snapshot(join(scratch, 'root')).keys()].sort()).toEqual(['b.txt', 'one', 'one/a.txt']);
        await extractTar(await work.get('one/a.txt'), join(scratch, 'file'));
        expect(readFileSync(join(scratch, 'file', 'a.txt'), 'utf8')).toBe('a');
      });

      it('put adds to what is there and replaces files', async () => {
        const work = await openWork();
        await work.put(packFiles([{ path: 'd/x', content: 'old' }, { path: 'd/y', content: 'y' }]));
        await work.put(packFiles([{ path: 'd/x', content: 'new' }]));
        expect((await sh(work, 'cat d/x d/y')).lines).toEqual(['newy']);
      });

      it('get of what is not there names it', async () => {
        const work = await openWork();
        const { class: kind, message } = await failure(work.get('RPMS'));
        expect(kind).toBe('build');
        expect(message).toContain('RPMS');
      });

      it('put passes on the failure of whoever packs', async () => {
        const work = await openWork();
        const broken = Readable.from(
          (async function* () {
            yield Buffer.alloc(0);
            throw new FailureError({ class: 'source', message: 'changed while reading: meson.build' });
          })(),
          { objectMode: false },
        );
        expect(await failure(work.put(broken))).toMatchObject({ class: 'source', message: 'changed while reading: meson.build' });
      });

      it('moves 100 MB that come back with the same digest', async () => {
        const work = await openWork();
        expect((await sh(work, 'head -c 100000000 /dev/urandom > big; sha256sum big')).code).toBe(0);
        const [digest] = (await sh(work, 'sha256sum big')).lines[0]!.split(' ');
        await extractTar(await work.get('big'), join(scratch, 'big'));
        expect(createHash('sha256').update(readFileSync(join(scratch, 'big', 'big'))).digest('hex')).toBe(digest);
      }, 2 * MINUTE);
    });

    describe('images', () => {
      const step = { env: {}, network: 'bridge', labels, arch: '', signal: never, line: () => {} } as const;

      it('knows what it has and what not', async () => {
        expect(await engine.hasImage(image)).toBe(true);
        expect(await engine.hasImage(`sha256:${'0'.repeat(64)}`)).toBe(false);
      });

      it.skipIf(subject.lacks.derive)('derives an image: files, then argv, both kept; variables of the step not', async () => {
        const { id } = await engine.deriveImage(image, {
          ...step,
          arch: engine.arch,
          argv: ['sh', '-c', 'cat /opt/given; echo made > /opt/made; echo "$STEP"'],
          env: { STEP: 'only here' },
          files: packFiles([{ path: 'opt/given', content: 'given\n' }]),
        });
        try {
          expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
          expect(await engine.hasImage(id)).toBe(true);
          const work = await engine.openWork({ image: id, arch: engine.arch, labels, signal: never });
          works.push(work);
          expect((await sh(work, 'cat /opt/given /opt/made; echo "[$STEP]"')).lines).toEqual(['given', 'made', '[]']);
          await work.close();
          expect((await engine.list({ workspace: labels.workspace })).map(({ type, labels: l }) => [type, l])).toEqual([['image', labels]]);
        } finally {
          await engine.remove([{ type: 'image', id, labels, created: 0 }]);
        }
        expect(await engine.hasImage(id)).toBe(false);
      });

      it.skipIf(subject.lacks.derive)('fails with the last lines when the step fails, and leaves nothing', async () => {
        const result = await failure(engine.deriveImage(image, { ...step, arch: engine.arch, argv: ['sh', '-c', 'echo nothing provides foo-devel; exit 1'] }));
        expect(result).toMatchObject({ class: 'build', lines: ['nothing provides foo-devel'] });
        expect(await engine.list({ workspace: labels.workspace })).toEqual([]);
      });

      it.skipIf(subject.lacks.derive)('a cancelled step leaves nothing', async () => {
        const controller = new AbortController();
        const result = await failure(
          engine.deriveImage(image, { ...step, arch: engine.arch, signal: controller.signal, argv: ['sh', '-c', 'echo go; sleep 1000'], line: () => controller.abort() }),
        );
        expect(result.class).toBe('cancelled');
        expect(await engine.list({ workspace: labels.workspace })).toEqual([]);
      });

      it.runIf(subject.lacks.derive)('refuses to derive, and says what it would have run', async () => {
        expect(await failure(engine.deriveImage(image, { ...step, arch: engine.arch, argv: ['dnf', 'install', 'gcc'] }))).toMatchObject({ class: 'environment', message: expect.stringContaining('dnf install gcc') });
      });
    });

    describe('ownership', () => {
      it('lists what is open with its labels, and of other workspaces nothing', async () => {
        const work = await openWork();
        const mine = await leftovers();
        expect(mine.length).toBeGreaterThan(0);
        expect(mine.every((object) => object.labels.node === labels.node && object.labels.run === labels.run)).toBe(true);
        expect(Math.abs(mine[0]!.created - Date.now() / 1000)).toBeLessThan(300);
        expect((await engine.list({ workspace: 'somebody-else' })).filter((object) => object.labels.workspace === labels.workspace)).toEqual([]);
        await work.close();
        expect(await leftovers()).toEqual([]);
      });

      it('what a dead client left is found and removed by the next, running programs too', async () => {
        const dead = await subject.open();
        const work = await dead.openWork({ image, arch: engine.arch, labels, signal: never });
        let started!: () => void;
        const running = new Promise<void>((resolve) => (started = resolve));
        // Never closed: its process is taken for dead. The program ends when its container is removed from under it.
        const abandoned = work.run({ argv: ['sh', '-c', 'echo up; sleep 1000'], signal: never, line: started }).catch((error: unknown) => error);
        await running;
        const found = await leftovers();
        expect(found.length).toBeGreaterThan(0);
        await engine.remove(found);
        expect(await leftovers()).toEqual([]);
        await abandoned;
        await engine.remove(found);
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
  });
}

/** Path (latin1) → what is there, for a whole tree. */
export function snapshot(root: string): Map<string, string> {
  const result = new Map<string, string>();
  const visit = (path: Buffer, relative: string) => {
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      const child = Buffer.concat([path, Buffer.from('/'), name]);
      const key = relative + name.toString('latin1');
      const stat = lstatSync(child);
      if (stat.isSymbolicLink()) result.set(key, `link ${readlinkSync(child, 'latin1')}`);
      else if (stat.isDirectory()) {
        result.set(key, 'folder');
        visit(child, `${key}/`);
      } else result.set(key, `file ${(stat.mode & 0o777).toString(8)} ${Math.floor(stat.mtimeMs / 1000)} ${createHash('sha256').update(readFileSync(child)).digest('hex')}`);
    }
  };
  visit(Buffer.from(root), '');
  return result;
}
