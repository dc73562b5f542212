import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesBlob, EMPTY, EMPTY_CONTENT, digestOf, fileBlob, hashedFileBlob, IMAGE_MANIFEST, Registry, type Repository } from '../src/index.js';
import { FakeRegistry } from './support/fake-registry.js';

let fake: FakeRegistry;
let registry: Registry;
let repository: Repository;

beforeEach(async () => {
  fake = new FakeRegistry();
  await fake.start();
  registry = new Registry(fake.host, { env: { HOME: '/nonexistent' }, retry: { attempts: 3, pause: 1 } });
  repository = registry.repository('team/crpm');
});

afterEach(async () => {
  registry.close();
  await fake.stop();
});

const content = randomBytes(250_000);
const blob = bytesBlob(content);
const methods = () => fake.requests.map((request) => request.split(' ')[0]).join(' ');

describe('a blob that is pushed', () => {
  it('goes at once where it is small, and not at all where it is', async () => {
    expect(await repository.pushBlob(blob)).toBe(true);
    expect(methods()).toBe('HEAD POST PUT');
    expect(fake.headers.at(-1)?.['content-length']).toBe('250000');
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(await repository.pushBlob(blob)).toBe(false);
    expect(await repository.hasBlob({ digest: blob.digest, size: 1 })).toBe(false);
  });

  it('goes in pieces where it is large, and in one request when the registry takes no pieces', async () => {
    const seen: number[] = [];
    await repository.pushBlob(blob, { piece: 100_000, onBytes: (bytes) => seen.push(bytes) });
    expect(methods()).toBe('HEAD POST PATCH PATCH PATCH PUT');
    expect(seen).toEqual([100_000, 200_000, 250_000]);
    expect(fake.headers.flatMap((headers) => headers['content-range'] ?? [])).toEqual(['0-99999', '100000-199999', '200000-249999']);
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);

    fake.blobs.clear();
    fake.requests.length = 0;
    fake.intercept = (request, response) => {
      if (request.method !== 'PATCH') return false;
      response.writeHead(405, { connection: 'close' }).end();
      return true;
    };
    await repository.pushBlob(blob, { piece: 100_000 });
    expect(methods()).toBe('HEAD POST PATCH POST PUT');
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
  });

  it('goes on from what the registry has, after a connection that broke', async () => {
    let broken = false;
    fake.intercept = (request, response) => {
      if (request.method !== 'PATCH' || !request.headers['content-range']?.startsWith('100000-') || broken) return false;
      broken = true;
      const id = request.url?.split('/').at(-1) ?? '';
      request.once('data', (chunk: Buffer) => {
        fake.uploads.set(id, Buffer.concat([fake.uploads.get(id) ?? Buffer.alloc(0), chunk]));
        response.destroy();
      });
      return true;
    };
    await repository.pushBlob(blob, { piece: 100_000 });
    expect(fake.requests.filter((request) => request.startsWith('GET'))).toHaveLength(1);
    const starts = fake.headers.flatMap((headers) => (headers['content-range'] ? [Number(headers['content-range'].split('-')[0])] : []));
    expect(starts.filter((start) => start > 100_000 && start < 200_000)).toHaveLength(1);
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
  });

  it('starts anew where the registry has forgotten it', async () => {
    let asked = 0;
    fake.intercept = (request) => {
      if (request.method === 'PATCH' && asked++ === 1) fake.uploads.clear();
      return false;
    };
    await repository.pushBlob(blob, { piece: 100_000 });
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
  });

  it('is a file, which must hold what it did', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crpm-oci-'));
    try {
      const file = join(folder, 'blob');
      writeFileSync(file, content);
      const known = await hashedFileBlob(file);
      expect(known).toMatchObject({ digest: blob.digest, size: content.length });
      await repository.pushBlob(known, { piece: 100_000 });
      expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
      writeFileSync(file, randomBytes(10));
      await expect(repository.pushBlob(fileBlob(file, { digest: digestOf('other'), size: 10 }))).rejects.toMatchObject({ reason: 'refused', status: 400, message: expect.stringContaining('DIGEST_INVALID') as string });
      await expect(repository.pushBlob(fileBlob(join(folder, 'none'), { digest: digestOf('none'), size: 4 }))).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is a stream of unknown length', async () => {
    const result = await repository.pushStream(Readable.from([content.subarray(0, 10), content.subarray(10, 150_001), content.subarray(150_001)]), { piece: 100_000 });
    expect(result).toEqual({ digest: blob.digest, size: content.length });
    expect(methods()).toBe('POST PATCH PATCH PATCH PUT');
    expect(fake.blobs.get(blob.digest)?.equals(content)).toBe(true);
    expect(await repository.pushStream(Readable.from([]))).toEqual({ digest: digestOf(''), size: 0 });
  });

  it('is mounted from a neighbour, or not', async () => {
    fake.add(content);
    expect(await repository.mountBlob(blob.digest, 'team/other')).toBe(true);
    expect(await repository.mountBlob(digestOf('none'), 'team/other')).toBe(false);
  });

  it('is refused with what the registry says', async () => {
    fake.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}');
      return true;
    };
    await expect(repository.pushBlob(blob)).rejects.toMatchObject({
      reason: 'denied',
      failure: { class: 'environment', message: `pushing to ${fake.host}/team/crpm: the registry answers 403 (DENIED: requested access to the resource is denied)`, next: expect.stringContaining(`docker login ${fake.host}`) as string },
    });
    await expect(repository.checkPush()).rejects.toMatchObject({ reason: 'denied' });
    fake.intercept = () => false;
    await repository.checkPush();
    expect(fake.uploads.size).toBe(0);
  });
});

describe('a manifest that is put', () => {
  it('is there by tag and by digest', async () => {
    await repository.pushBlob(bytesBlob(EMPTY_CONTENT));
    const put = await repository.putManifest({ schemaVersion: 2, mediaType: IMAGE_MANIFEST, artifactType: 'application/x', config: EMPTY, layers: [EMPTY] }, 'v1');
    const got = await repository.getManifest('v1');
    expect(got?.descriptor).toEqual(put);
    expect(await repository.getManifest(put.digest)).toEqual(got);
    expect(await repository.listTags()).toEqual(['v1']);
  });
});
