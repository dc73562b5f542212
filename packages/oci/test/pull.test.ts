import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, Registry, RegistryError, type Repository } from '../src/index.js';
import { FakeRegistry } from './support/fake-registry.js';

let fake: FakeRegistry;
let registry: Registry;
let repository: Repository;

beforeEach(async () => {
  fake = new FakeRegistry();
  await fake.start();
  registry = new Registry(fake.host, { env: { HOME: '/nonexistent' }, retry: { attempts: 3, pause: 1 }, silence: 300 });
  repository = registry.repository('team/crpm');
});

afterEach(async () => {
  registry.close();
  await fake.stop();
});

const failureOf = async (promise: Promise<unknown>): Promise<RegistryError> => {
  const error = await promise.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(RegistryError);
  return error as RegistryError;
};
const blob = randomBytes(300_000);
const isBlobGet = (method = '', url = '') => method === 'GET' && url.includes('/blobs/');

describe('a blob that is pulled', () => {
  it('comes whole', async () => {
    expect((await repository.pullBytes(fake.add(blob))).equals(blob)).toBe(true);
    expect(await repository.pullBytes({ digest: digestOf(''), size: 0 })).toEqual(Buffer.alloc(0));
  });

  it('is taken up where the connection broke, and asked for once more where nothing came', async () => {
    let broken = 0;
    fake.intercept = (request, response) => {
      if (!isBlobGet(request.method, request.url) || broken++ > 1) return false;
      response.writeHead(200, { 'content-length': String(blob.length) });
      if (broken === 1) response.destroy();
      else response.write(blob.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    expect((await repository.pullBytes(fake.add(blob))).equals(blob)).toBe(true);
    expect(fake.headers.at(-1)?.range).toBe('bytes=100000-');
  });

  it('is taken up from a registry that knows no ranges', async () => {
    let asked = 0;
    fake.intercept = (request, response) => {
      if (!isBlobGet(request.method, request.url)) return false;
      response.writeHead(200);
      if (asked++ === 0) response.write(blob.subarray(0, 100_000), () => response.destroy());
      else response.end(blob);
      return true;
    };
    expect((await repository.pullBytes(fake.add(blob))).equals(blob)).toBe(true);
  });

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['other bytes', (bytes) => Buffer.concat([Buffer.from('x'), bytes.subarray(1)]), /the bytes that came have another digest$/],
    ['fewer bytes', (bytes) => bytes.subarray(1), /has 299999 bytes of it where there should be 300000$/],
    ['more bytes', (bytes) => Buffer.concat([bytes, bytes]), /has 600000 bytes of it where there should be 300000$/],
  ])('is refused when the registry gives %s', async (_, change, message) => {
    const known = fake.add(blob);
    fake.blobs.set(known.digest, change(blob));
    const error = await failureOf(repository.pullBytes(known));
    expect(error.message).toMatch(message);
    expect(error.reason).toBe('wrong');
    expect(fake.requests).toHaveLength(1);
  });

  it('is refused at the first byte too many of a body that never ends', async () => {
    let closed: () => void;
    const ended = new Promise<void>((resolve) => { closed = resolve; });
    fake.intercept = (_, response) => {
      response.writeHead(200);
      const more = () => { while (!response.destroyed && response.write(Buffer.alloc(65_536))); };
      response.on('drain', more).on('close', () => { closed(); });
      more();
      return true;
    };
    expect((await failureOf(repository.pullBytes(fake.add(blob)))).message).toMatch(/more than the 300000 bytes that it should$/);
    await ended;
  });

  it('is given up when the registry falls silent', async () => {
    fake.intercept = (_, response) => {
      response.writeHead(200);
      response.write('x');
      return true;
    };
    const error = await failureOf(repository.pullBytes(fake.add(blob)));
    expect(error.message).toMatch(/: no byte for 0.3 seconds$/);
    expect(error.passing).toBe(true);
  });

  it('follows a redirect without taking the password along, but not without end', async () => {
    const elsewhere = new FakeRegistry();
    await elsewhere.start();
    try {
      const known = elsewhere.add(blob);
      fake.intercept = (request, response) => {
        if (!request.headers.authorization) response.writeHead(401, { 'www-authenticate': 'Basic realm="fake"' }).end();
        else response.writeHead(307, { location: `http://${elsewhere.host}/v2/x/blobs/${known.digest}` }).end();
        return true;
      };
      const named = new Registry(fake.host, { credentials: { username: 'me', password: 's3cret', serveraddress: fake.host } });
      expect((await named.repository('a').pullBytes(known)).equals(blob)).toBe(true);
      expect(fake.headers.at(-1)?.authorization).toBe(`Basic ${Buffer.from('me:s3cret').toString('base64')}`);
      expect(elsewhere.headers.map(({ authorization }) => authorization)).toEqual([undefined]);
      named.close();

      fake.intercept = (request, response) => {
        response.writeHead(302, { location: request.url ?? '' }).end();
        return true;
      };
      expect((await failureOf(repository.pullBytes(known))).message).toMatch(/more than 5 redirects$/);
    } finally {
      await elsewhere.stop();
    }
  });

  it('must be named by a digest', async () => {
    expect((await failureOf(repository.pullBytes({ digest: '../../other/blobs/sha256:00', size: 1 }))).message).toMatch(/is no digest$/);
    expect(fake.requests).toEqual([]);
  });

  it('is stopped by its signal, without another attempt', async () => {
    const controller = new AbortController();
    fake.intercept = () => {
      controller.abort();
      return true;
    };
    await expect(repository.pullBytes(fake.add(blob), { signal: controller.signal })).rejects.toMatchObject({ failure: { class: 'cancelled' } });
    expect(fake.requests).toHaveLength(1);
    fake.intercept = () => true;
    expect((await failureOf(repository.pullBytes(fake.add(blob), { signal: AbortSignal.timeout(50) }))).message).toMatch(/it took too long$/);
  });
});

describe('a registry that can’t', () => {
  it.each([429, 500, 503])('now (%i) is asked again', async (status) => {
    let asked = 0;
    fake.intercept = (_, response) => {
      if (asked++ > 1) return false;
      response.writeHead(status, { 'retry-after': '0' }).end('later');
      return true;
    };
    expect((await repository.pullBytes(fake.add(blob))).equals(blob)).toBe(true);
    expect(asked).toBe(3);
  });

  it('ever is left alone after so many attempts, with what it said', async () => {
    fake.intercept = (_, response) => {
      response.writeHead(500).end(JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'no space left\u001b[31m on device' }] }));
      return true;
    };
    const error = await failureOf(repository.pullBytes(fake.add(blob)));
    expect(error.message).toMatch(/^pulling sha256:[0-9a-f]{64} from 127\.0\.0\.1:\d+\/team\/crpm: the registry answers 500 \(UNKNOWN: no space left on device\)$/);
    expect(fake.requests).toHaveLength(3);
  });

  it('be reached is told so', async () => {
    await fake.stop();
    const error = await failureOf(registry.ping());
    expect(error.failure).toMatchObject({ class: 'environment', transient: true, next: expect.stringContaining('See whether this machine reaches') as string });
    expect(error.message).toMatch(/^asking the registry 127\.0\.0\.1:\d+: nobody listens there/);
    await fake.start();
  });
});

describe('a manifest', () => {
  const bytes = Buffer.from('{"schemaVersion":2}');

  it('is nothing where there is none, and what it is where there is', async () => {
    expect(await repository.getManifest('v1')).toBeUndefined();
    expect(await repository.hasManifest('v1')).toBe(false);
    fake.manifests.set('team/crpm@v1', { type: 'application/x; charset=utf-8', bytes });
    expect(await repository.getManifest('v1')).toEqual({ descriptor: { mediaType: 'application/x', digest: digestOf(bytes), size: bytes.length }, bytes });
    expect(await repository.hasManifest('v1')).toBe(true);
  });

  it('by digest is refused when it is another', async () => {
    fake.manifests.set(`team/crpm@${digestOf('other')}`, { type: 'x', bytes });
    fake.intercept = (request, response) => {
      if (request.method !== 'GET') return false;
      response.writeHead(200, { 'docker-content-digest': digestOf('other') }).end(bytes);
      return true;
    };
    expect((await failureOf(repository.getManifest(digestOf('other')))).reason).toBe('wrong');
  });

  it('is read up to 4 MiB', async () => {
    fake.intercept = (_, response) => {
      response.writeHead(200).end(Buffer.alloc(5 * 1024 * 1024));
      return true;
    };
    expect((await failureOf(repository.getManifest('v1'))).message).toMatch(/the answer is longer than 4194304 bytes$/);
  });
});

describe('tags', () => {
  it('are listed over all pages, which stay with the registry', async () => {
    const pages = [['a', 'b'], ['c']];
    fake.intercept = (request, response) => {
      const page = request.url?.includes('last=b') ? 1 : 0;
      response.writeHead(200, page === 0 ? { link: '</v2/team/crpm/tags/list?n=1000&last=b>; rel="next"' } : {}).end(JSON.stringify({ name: 'x', tags: pages[page] }));
      return true;
    };
    expect(await repository.listTags()).toEqual(['a', 'b', 'c']);
    fake.intercept = (_, response) => {
      response.writeHead(200, { link: '<http://127.0.0.2:1/v2/>; rel="next"' }).end('{"tags":[]}');
      return true;
    };
    expect((await failureOf(repository.listTags())).message).toMatch(/the list goes on at http:\/\/127\.0\.0\.2:1$/);
  });

  it('are none where there is no repository', async () => {
    expect(await repository.listTags()).toEqual([]);
  });
});
