import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesBlob, Registry, type Credentials } from '../src/index.js';
import { parseChallenge } from '../src/challenge.js';
import { FakeRegistry } from './support/fake-registry.js';

let fake: FakeRegistry;

beforeEach(async () => {
  fake = new FakeRegistry();
  await fake.start();
});

afterEach(async () => {
  await fake.stop();
});

const open = (credentials?: Credentials) => new Registry(fake.host, { env: { HOME: '/nonexistent' }, retry: { attempts: 1, pause: 1 }, ...(credentials ? { credentials } : {}) });
const me = () => ({ username: 'me', password: 's3cret', serveraddress: fake.host });

/** A token server at the same address: gives `token-N` for whom it knows; only the newest is good. */
function withTokens(known: (request: IncomingMessage, body: string) => boolean) {
  const state = { given: 0, scopes: [] as string[] };
  fake.intercept = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://fake');
    if (url.pathname === '/token') {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      state.scopes.push(...url.searchParams.getAll('scope'));
      if (known(request, body)) response.end(JSON.stringify({ token: `token-${++state.given}` }));
      else response.writeHead(401).end('{"details":"who?"}');
      return true;
    }
    if (request.headers.authorization === `Bearer token-${state.given}`) return false;
    const access = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'pull,push';
    response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${fake.host}/token",service="fake",scope="repository:team/crpm:${access}"` }).end();
    return true;
  };
  return state;
}

describe('a registry that wants a token', () => {
  it('gets one for what is wanted, and keeps getting it', async () => {
    const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    const state = withTokens((request) => request.headers.authorization === basic);
    const registry = open(me());
    const repository = registry.repository('team/crpm');
    await repository.pushBlob(bytesBlob(Buffer.from('hello')));
    expect(state.scopes).toEqual(['repository:team/crpm:pull', 'repository:team/crpm:pull,push']);
    const before = fake.requests.length;
    await repository.checkPush();
    expect(fake.requests.slice(before).filter((request) => request.includes('/token'))).toEqual([]);
    registry.close();
  });

  it('gets a new one when the old one is no longer good', async () => {
    const state = withTokens(() => true);
    const registry = open();
    const repository = registry.repository('team/crpm');
    await repository.hasManifest('a');
    state.given++;
    expect(await repository.hasManifest('a')).toBe(false);
    expect(state.given).toBe(3);
    registry.close();
  });

  it('takes an identity token for one', async () => {
    withTokens((request, body) => request.method === 'POST' && new URLSearchParams(body).get('refresh_token') === 'id-token' && request.headers.authorization === undefined);
    const registry = open({ identitytoken: 'id-token', serveraddress: fake.host });
    expect(await registry.repository('team/crpm').hasManifest('a')).toBe(false);
    registry.close();
  });

  it('is told apart from one that does not know the user, whose password is not told', async () => {
    withTokens(() => false);
    const registry = open(me());
    const error: unknown = await registry.repository('team/crpm').hasManifest('a').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ reason: 'unauthorized', failure: { next: `Log in: docker login ${fake.host}` } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack, error])).not.toContain('s3cret');
    registry.close();
  });
});

it('a registry that answers 401 whatever it is given is asked twice', async () => {
  fake.intercept = (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return true;
  };
  const registry = open(me());
  await expect(registry.ping()).rejects.toMatchObject({ reason: 'unauthorized' });
  expect(fake.requests).toHaveLength(2);
  const nobody = open();
  await expect(nobody.ping()).rejects.toMatchObject({ reason: 'unauthorized' });
  expect(fake.requests).toHaveLength(3);
  for (const each of [registry, nobody]) each.close();
});

describe('a challenge', () => {
  it.each([
    ['Bearer realm="https://a/t",service="s",scope="x:y:pull,push"', { scheme: 'bearer', realm: 'https://a/t', service: 's', scope: 'x:y:pull,push' }],
    ['bearer realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t' }],
    ['Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t' }],
    ['Basic realm="Registry"', { scheme: 'basic' }],
    ['Negotiate', undefined],
    ['Bearer', undefined],
  ])('%s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });
});
