import { openDockerEngine } from '@crpm/engines/docker/index';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { testEngine } from '../../../test/support/engine.js';
import { failureOf } from '../../../test/support/failure.js';
import { lacksSsh, overSsh, overTls, type RemoteEngine } from '../../../test/support/remote-engine.js';

const engine = await testEngine();
const ssh = lacksSsh();
if ('skipped' in engine) console.warn(`SKIPPED: no remote engine is tested: ${engine.skipped}`);
else if (ssh !== undefined) console.warn(`SKIPPED: no engine over ssh is tested: ${ssh}`);

let remote: RemoteEngine | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await remote?.stop();
  remote = undefined;
});

/** The engine as another machine's; `npm run test:real` puts the whole suite of engines to it. */
const open = async (env: Readonly<Record<string, string>>) => {
  vi.stubEnv('PATH', env['PATH'] ?? process.env['PATH']);
  return openDockerEngine({ config: { network: 'bridge' }, env, signal: new AbortController().signal });
};
const says = async (image: string, opened: Awaited<ReturnType<typeof open>>) => {
  const labels = { workspace: `remote-${String(process.pid)}`, run: 'r', node: 'n' };
  const { signal } = new AbortController();
  const lines: string[] = [];
  const { id } = await opened.prepareImage({ kind: 'image', reference: image, pull: false }, { labels, arch: opened.arch, signal, line: () => {} });
  const work = await opened.openWork({ image: id, arch: opened.arch, labels, signal });
  try {
    const { code } = await work.run({ argv: ['sh', '-c', 'echo over there; exit 3'], signal, line: (line) => lines.push(line) });
    return [code, ...lines];
  } finally {
    await work.close();
    await opened.close();
  }
};

describe.skipIf('skipped' in engine)('an engine of another machine', () => {
  const { dockerHost, image } = engine as Exclude<typeof engine, { skipped: string }>;

  test.skipIf(ssh !== undefined)('is used over ssh', async () => {
    remote = await overSsh(dockerHost);
    const opened = await open(remote.env);
    expect(opened.description).toMatch(/^(Docker Engine|Podman) \S+ at ssh:\/\/root@127\.0\.0\.1:\d+\//);
    expect(await says(image, opened)).toEqual([3, 'over there']);
  });

  test.skipIf(ssh !== undefined)('says what ssh said where that does not come through', async () => {
    remote = await overSsh(dockerHost);
    const wrong = (host: string) => failureOf(open({ ...remote!.env, DOCKER_HOST: host }));
    const known = remote.env['DOCKER_HOST']!;
    expect((await wrong(known.replace('root@', 'nobody-of-this-name@'))).message).toMatch(/can’t be reached: .*Permission denied \(publickey\)/);
    expect(await wrong(known.replace(/:\d+\//, ':1/'))).toMatchObject({ class: 'environment', message: expect.stringContaining('Connection refused'), next: expect.stringContaining('DOCKER_HOST') });
    expect((await wrong(`${known}.gone`)).message).toMatch(/docker over there: .*docker\.sock\.gone/);
  });

  test('is used over TCP with TLS, and only with the certificate', async () => {
    remote = await overTls(dockerHost);
    const opened = await open(remote.env);
    expect(opened.description).toMatch(/ at tcp:\/\/127\.0\.0\.1:\d+ \(TLS\)$/);
    expect(await says(image, opened)).toEqual([3, 'over there']);
    const { DOCKER_HOST = '' } = remote.env;
    expect((await failureOf(open({ DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nonexistent' }))).message).toContain('can’t be reached');
  });
});
