import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureError, type Engine, type PrepareOptions } from '@crpm/core';
import { smallestProgram } from '@crpm/engines/docker/smallest-program';
import { keptTree } from '@crpm/engines/kept';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';

/** What only a container engine has: images by name and Dockerfile, foreign objects, the shape of its containers. */
export function dockerBehaviour(open: (env?: NodeJS.ProcessEnv) => Promise<Engine>, dockerHost: string, image: string): void {
  describe('a container engine', () => {
    const labels = { workspace: `behaviour-${process.pid}`, run: 'run1', node: 'base' };
    const never = new AbortController().signal;
    let engine: Engine;
    let scratch: string;
    const docker = async (...argv: string[]) => (await execa('docker', ['--host', dockerHost, ...argv])).stdout;
    const prepare = (lines: string[] = []): PrepareOptions => ({ labels, arch: engine.arch, signal: never, line: (text) => lines.push(text) });

    beforeAll(async () => {
      engine = await open();
      scratch = mkdtempSync(join(tmpdir(), 'crpm-docker-'));
    });
    afterAll(async () => {
      await engine.remove((await engine.list({ workspace: labels.workspace })));
      await engine.close();
      rmSync(scratch, { recursive: true, force: true });
    });

    it('says what it is and where', () => {
      expect(engine.description).toMatch(/^(Docker Engine|Podman) \d+\.\d+.* at unix:\/\//);
      expect(engine.arch).toBe(process.arch === 'arm64' ? 'aarch64' : 'x86_64');
    });

    it('names an image that does not exist, and says where to look', async () => {
      const result = await failureOf(engine.prepareImage({ kind: 'image', reference: 'localhost/no-such-image:1', pull: false }, prepare()));
      expect(result.class).toBe('usage');
      expect(result.message).toContain('localhost/no-such-image:1');
      expect(result.next).toContain('basesystem');
    });

    it('refuses another architecture: where no emulator runs its programs, else where there is no image for it', async () => {
      const result = await failureOf(engine.prepareImage({ kind: 'image', reference: image, pull: false }, { ...prepare(), arch: 's390x' }));
      if (result.class === 'environment') {
        expect(result.message).toMatch(/^the engine at unix:\/\/\S+ runs no programs for s390x: its machine is \w+, and its kernel has no emulator for others$/);
        expect(result.next).toContain('qemu-user-static');
        expect(await failureOf(engine.openWork({ image, arch: 's390x', labels, signal: never }))).toEqual(result);
      } else expect(result).toMatchObject({ class: 'usage', message: expect.stringContaining('s390x') });
      expect(await engine.list({ workspace: labels.workspace })).toEqual([]);
    });

    it('starts the smallest program of its own architecture', async () => {
      const context = join(scratch, 'smallest');
      mkdirSync(context);
      writeFileSync(join(context, 'crpm-runs'), smallestProgram(engine.arch) ?? '', { mode: 0o755 });
      writeFileSync(join(context, 'Dockerfile'), `FROM ${image}\nCOPY crpm-runs /crpm-runs\nRUN ["/crpm-runs"]\n`);
      expect((await engine.prepareImage({ kind: 'dockerfile', file: join(context, 'Dockerfile'), context, pull: false }, prepare())).id).toMatch(/^sha256:/);
    });

    it('builds a Dockerfile, honours .dockerignore, and gives the same id when nothing changed', async () => {
      const context = join(scratch, 'context');
      mkdirSync(join(context, 'skip'), { recursive: true });
      writeFileSync(join(context, 'taken'), 'taken\n');
      writeFileSync(join(context, 'skip', 'big'), 'not wanted');
      writeFileSync(join(context, 'skip', 'but-this'), 'wanted');
      writeFileSync(join(context, '.dockerignore'), 'skip/*\n!skip/but-this\n');
      const file = join(scratch, 'My Dockerfile');
      writeFileSync(file, `FROM ${image}\nCOPY . /opt/context\nRUN echo ${process.pid} && ls -R /opt/context && test ! -e /opt/context/skip/big\n`);
      const lines: string[] = [];
      const source = { kind: 'dockerfile', file, context, pull: false } as const;
      const first = await engine.prepareImage(source, prepare(lines));
      expect(lines.join('\n')).toMatch(/but-this[^]*taken|taken[^]*but-this/);
      expect(first.id).toMatch(/^sha256:/);
      expect(await engine.hasImage(first.id)).toBe(true);
      expect(await engine.prepareImage(source, { ...prepare(), labels: { ...labels, run: 'run2' } })).toEqual(first);
      await engine.remove((await engine.list({ workspace: labels.workspace })).filter(({ id }) => id === first.id));
      expect(await engine.hasImage(first.id)).toBe(false);
    });

    it('finds the error of a build inside its 200 answer, with the lines before it', async () => {
      const context = join(scratch, 'failing');
      mkdirSync(context, { recursive: true });
      const file = join(context, 'Dockerfile');
      writeFileSync(file, `FROM ${image}\nRUN echo about to fail && exit 9\n`);
      const result = await failureOf(engine.prepareImage({ kind: 'dockerfile', file, context, pull: false }, prepare()));
      expect(result.class).toBe('build');
      expect(result.message).toContain('9');
      expect(result.lines).toContain('about to fail');
    });

    it('names a Dockerfile that is not there', async () => {
      const result = await failureOf(engine.prepareImage({ kind: 'dockerfile', file: join(scratch, 'none'), context: scratch, pull: false }, prepare()));
      expect(result).toMatchObject({ class: 'usage', message: expect.stringContaining(join(scratch, 'none')) });
    });

    it('leaves foreign containers, volumes and images alone, even when it is told to remove them', async () => {
      const foreign = (await docker('create', '--label', 'dev.crpm.workspace=looks-like-ours', image, 'true')).trim();
      const volume = (await docker('volume', 'create')).trim();
      const kept = { labels, created: 0 };
      try {
        expect((await engine.list({})).map(({ id }) => id)).not.toContain(foreign);
        await engine.remove([
          { ...kept, type: 'container', id: foreign },
          { ...kept, type: 'volume', id: volume },
          { ...kept, type: 'image', id: image },
          { ...kept, type: 'container', id: 'f'.repeat(64) },
        ]);
        expect(await docker('inspect', '--format', '{{.Id}}', foreign)).toBe(foreign);
        expect(await docker('volume', 'inspect', '--format', '{{.Name}}', volume)).toBe(volume);
        expect(await engine.hasImage(image)).toBe(true);
      } finally {
        await docker('rm', foreign);
        await docker('volume', 'rm', volume);
      }
    });

    it('leaves a foreign volume alone that has the name of a build tree, and takes another name', async () => {
      const name = keptTree(labels, 'libvirt').names[0]!;
      await docker('volume', 'create', name);
      try {
        const { id } = await engine.prepareImage({ kind: 'image', reference: image, pull: false }, prepare());
        const work = await engine.openWork({ image: id, arch: engine.arch, labels, tree: 'libvirt', signal: never });
        await work.close();
        const [tree, ...more] = (await engine.list({ workspace: labels.workspace })).filter(({ keeps }) => keeps);
        expect([tree!.id, more]).toEqual([`${name}-2`, []]);
        await engine.remove([tree!, { ...tree!, id: name }]);
        expect((await docker('volume', 'ls', '--quiet')).split('\n').filter((volume) => volume.startsWith(name))).toEqual([name]);
      } finally {
        await docker('volume', 'rm', name);
      }
    });

    it('runs unprivileged, without published ports or host mounts, with SELinux labels off', async () => {
      const { id } = await engine.prepareImage({ kind: 'image', reference: image, pull: false }, prepare());
      const work = await engine.openWork({ image: id, arch: engine.arch, labels, signal: never });
      try {
        let inspected: Promise<string> | undefined;
        const controller = new AbortController();
        const run = work.run({
          argv: ['sh', '-c', 'echo up; sleep 1000'],
          signal: controller.signal,
          line: () => {
            inspected ??= (async () => docker('inspect', ...(await docker('ps', '--quiet', '--filter', `label=dev.crpm.workspace=${labels.workspace}`)).split('\n')))().finally(() => controller.abort());
          },
        });
        await expect(run).rejects.toBeInstanceOf(FailureError);
        const [container] = JSON.parse(await inspected!) as [{ HostConfig: Record<string, unknown>; Mounts: { Type: string; Destination: string }[]; Config: { Labels: Record<string, string> } }];
        expect(container.HostConfig).toMatchObject({ Privileged: false, NetworkMode: 'none', PortBindings: {} });
        // Podman shows a volume there, by its name; a path would be a folder of the host.
        expect(((container.HostConfig['Binds'] ?? []) as string[]).filter((bind) => bind.startsWith('/'))).toEqual([]);
        expect(container.HostConfig['SecurityOpt']).toContain('label=disable');
        expect(container.Mounts.map(({ Type, Destination }) => [Type, Destination])).toEqual([['volume', '/crpm']]);
        expect(container.Config.Labels).toMatchObject({ 'dev.crpm': '1', 'dev.crpm.workspace': labels.workspace, 'dev.crpm.run': 'run1', 'dev.crpm.node': 'base' });
      } finally {
        await work.close();
      }
    });

    it('passes proxies and the CA bundle into containers with network, and keeps proxies out of others and of derived images', async () => {
      const bundle = join(scratch, 'ca.pem');
      writeFileSync(bundle, 'PEM OF THE USER\n');
      const online = await open({ SSL_CERT_FILE: bundle, https_proxy: 'http://user:password@127.0.0.1:9' });
      try {
        const script = 'echo "$HTTPS_PROXY|$NO_PROXY|$SSL_CERT_FILE"; if [ -n "$SSL_CERT_FILE" ]; then cat "$SSL_CERT_FILE"; fi';
        const lines: string[] = [];
        const sink = { signal: never, line: (text: string) => void lines.push(text) };
        const { id } = await online.prepareImage({ kind: 'image', reference: image, pull: false }, prepare());
        const derived = await online.deriveImage(id, { ...sink, argv: ['sh', '-c', script], env: {}, network: 'bridge', labels, arch: engine.arch });
        const work = await online.openWork({ image: derived.id, arch: engine.arch, labels, signal: never });
        await work.run({ ...sink, argv: ['sh', '-c', script], network: 'host' });
        await work.run({ ...sink, argv: ['sh', '-c', script] });
        await work.close();
        const seen = ['http://user:password@127.0.0.1:9|127.0.0.1,localhost|/etc/crpm/ca-bundle.crt', 'PEM OF THE USER'];
        expect(lines).toEqual([...seen, ...seen, '||/etc/crpm/ca-bundle.crt', 'PEM OF THE USER']);
        expect(await docker('inspect', '--format', '{{json .Config}}', derived.id)).not.toContain('password');
      } finally {
        await online.close();
      }
    });
  });
}
