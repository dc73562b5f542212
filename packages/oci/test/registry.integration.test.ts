import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startRegistry } from '../../../test/support/registry.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytesBlob, EMPTY, EMPTY_CONTENT, IMAGE_MANIFEST, Registry, type Blob, type ImageManifest, type Repository } from '../src/index.js';
import { Transport } from '../src/transport.js';

/** bcrypt of s3cret, of the least cost. */
const USERS = 'me:$2b$04$x0NTJJzzjbun4Uw0Sxh6.uGO0Z1YUAvXxQyJk1eGZ7gVjyaaYn8Gm';

const folder = mkdtempSync(join(tmpdir(), 'crpm-registry-'));
const server = await startRegistry(folder, { users: USERS });
if ('skipped' in server) console.warn(`SKIPPED: the client of registries: ${server.skipped}`);

let registry: Registry;
let repository: Repository;
beforeAll(() => {
  if ('skipped' in server) return;
  // As docker login leaves it.
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [server.host]: { auth: Buffer.from('me:s3cret').toString('base64') } } }));
  registry = new Registry(server.host, { env: { DOCKER_CONFIG: folder }, retry: { attempts: 5, pause: 100 } });
  repository = registry.repository('team/crpm');
});
afterAll(async () => {
  if (!('skipped' in server)) {
    registry.close();
    await server.kill();
  }
  rmSync(folder, { recursive: true });
});

const there = test.skipIf('skipped' in server);
const content = randomBytes(3_000_000);
const blob = bytesBlob(content);
const manifest: ImageManifest = { schemaVersion: 2, mediaType: IMAGE_MANIFEST, artifactType: 'application/vnd.test', config: EMPTY, layers: [{ mediaType: 'application/octet-stream', digest: blob.digest, size: blob.size }] };

there('takes a user whom docker login knows, and no other', async () => {
  if ('skipped' in server) return;
  await registry.ping();
  const stranger = new Registry(server.host, { env: { DOCKER_CONFIG: '/nonexistent' } });
  await expect(stranger.ping()).rejects.toMatchObject({ reason: 'unauthorized', status: 401, failure: { next: `Log in: docker login ${server.host}` } });
  await expect(stranger.repository('team/crpm').hasBlob(blob)).rejects.toMatchObject({ reason: 'unauthorized' });
  stranger.close();
});

there('keeps blobs that come at once, in pieces and as a stream, and gives them back', async () => {
  expect(await repository.listTags()).toEqual([]);
  expect(await repository.hasBlob(blob)).toBe(false);
  expect(await repository.pushBlob(blob, { piece: 1_000_000 })).toBe(true);
  expect(await repository.pushBlob(bytesBlob(EMPTY_CONTENT))).toBe(true);
  expect(await repository.pushBlob(blob)).toBe(false);
  expect((await repository.pullBytes(blob)).equals(content)).toBe(true);
  const other = randomBytes(2_500_000);
  const streamed = await registry.repository('team/other').pushStream(Readable.from([other.subarray(0, 7), other.subarray(7)]), { piece: 1_000_000 });
  expect(streamed).toEqual({ digest: bytesBlob(other).digest, size: other.length });
  expect((await registry.repository('team/other').pullBytes(streamed)).equals(other)).toBe(true);
  expect(await repository.mountBlob(streamed.digest, 'team/other')).toBe(true);
  expect(await repository.hasBlob(streamed)).toBe(true);
});

there('refuses a blob that is not what its digest says', async () => {
  const lie: Blob = { ...bytesBlob(Buffer.from('some')), digest: `sha256:${'0'.repeat(64)}` };
  await expect(repository.pushBlob(lie)).rejects.toMatchObject({ reason: 'refused', status: 400, message: expect.stringContaining('DIGEST_INVALID') as string });
});

there('keeps manifests by tag and digest, of what it has', async () => {
  const put = await repository.putManifest(manifest, 'v1');
  expect(await repository.getManifest('v1')).toMatchObject({ descriptor: put });
  expect(JSON.parse((await repository.getManifest(put.digest))!.bytes.toString())).toEqual(manifest); // it was just put
  expect([await repository.getManifest('v2'), await repository.hasManifest('v2'), await repository.listTags()]).toEqual([undefined, false, ['v1']]);
  await expect(repository.putManifest({ ...manifest, layers: [{ ...manifest.layers[0]!, digest: `sha256:${'1'.repeat(64)}` }] }, 'v3')).rejects.toMatchObject({ reason: 'refused' });
  await repository.checkPush();
});

there('may be killed while a blob goes up, and be up again', async () => {
  if ('skipped' in server) return;
  const large = randomBytes(3_000_000);
  const whole = bytesBlob(large);
  let killed = false;
  const interrupted: Blob = {
    ...whole,
    open: (start, end) => {
      if (start === 0 || killed) return whole.open(start, end);
      killed = true;
      return Readable.from((async function* () {
        yield large.subarray(start, start + 100_000);
        await server.kill();
        await server.start();
        yield large.subarray(start + 100_000, end);
      })());
    },
  };
  expect(await repository.pushBlob(interrupted, { piece: 1_000_000 })).toBe(true);
  expect(killed).toBe(true);
  expect((await repository.pullBytes(whole)).equals(large)).toBe(true);
});

there('is found out when a disk changes what it has', async () => {
  if ('skipped' in server) return;
  const file = server.blobs().find((path) => path.includes(blob.digest.slice('sha256:'.length)))!; // it was pushed above
  const bytes = readFileSync(file);
  bytes[1_000_000]! ^= 1; // it has three of them
  writeFileSync(file, bytes);
  await expect(repository.pullBytes(blob)).rejects.toMatchObject({ reason: 'wrong', message: expect.stringMatching(/the bytes that came have another digest$/) as string });
  writeFileSync(file, bytes.subarray(0, 1_000_000));
  await expect(repository.pullBytes(blob)).rejects.toMatchObject({ reason: 'wrong' });
  expect([await repository.hasBlob(blob), statSync(file).size]).toEqual([false, 1_000_000]);
});

test.skipIf(!hasOpenssl())('by https a registry is known by an authority that the environment names, and by no other', async () => {
  const file = (name: string) => join(folder, name);
  const openssl = (...argv: readonly string[]) => execFileSync('openssl', argv, { stdio: 'pipe' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2', '-subj', '/CN=registry.invalid', '-addext', 'subjectAltName=IP:127.0.0.1');
  const secure = createHttps({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, (_, response) => response.end('{}'));
  const plain = createHttp((_, response) => response.end('{}'));
  for (const each of [secure, plain]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  const address = (of: typeof secure | typeof plain) => `https://127.0.0.1:${(of.address() as AddressInfo).port}/v2/`;
  const ask = async (env: NodeJS.ProcessEnv, url: string) => {
    const transport = new Transport('registry.invalid', env, 5_000);
    const answer = await transport.exchange({ doing: 'asking', registry: 'registry.invalid' }, { method: 'GET', url: new URL(url), headers: {} }).finally(() => { transport.close(); });
    return answer.status;
  };
  expect(await ask({ NODE_EXTRA_CA_CERTS: file('cert.pem') }, address(secure))).toBe(200);
  await expect(ask({}, address(secure))).rejects.toMatchObject({ reason: 'wrong', passing: false, failure: { next: expect.stringContaining('/etc/docker/certs.d/registry.invalid/ca.crt') as string } });
  await expect(ask({}, address(plain))).rejects.toMatchObject({ reason: 'wrong', failure: { next: 'If registry.invalid speaks plain http on purpose, set insecure: true for it.' } });
  for (const each of [secure, plain]) {
    each.closeAllConnections();
    each.close();
  }
});

function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}
