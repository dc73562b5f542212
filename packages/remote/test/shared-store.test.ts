import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CachedResult } from '@crpm/state';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRegistry } from '../../oci/test/support/fake-registry.js';
import { tagOf } from '../src/artifact.js';
import { listResults, openRepository, SharedStore, type StoreOptions } from '../src/index.js';

let fake: FakeRegistry;
let folder: string;
let warnings: string[];
const stores: SharedStore[] = [];
const signal = new AbortController().signal;

beforeEach(async () => {
  fake = new FakeRegistry();
  await fake.start();
  folder = mkdtempSync(join(tmpdir(), 'crpm-remote-'));
  warnings = [];
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.finish(AbortSignal.abort());
  await fake.stop();
  rmSync(folder, { recursive: true });
});

const voice = { warn: (text: string, node?: string) => { warnings.push(node === undefined ? text : `${node}: ${text}`); }, status: () => undefined };

function open(more: Partial<StoreOptions> = {}): SharedStore {
  const store = new SharedStore({ url: `oci://${fake.host}/team/crpm`, insecure: false, push: true, env: { HOME: folder }, author: { by: 'ci@builder', crpm: '0.1.0' }, limits: { question: 5_000, failures: 2, goodbye: 5_000 }, voice, ...more });
  stores.push(store);
  return store;
}

const sha = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A result with these files, by path. */
function resultOf(name: string, files: Readonly<Record<string, string>>): { readonly result: CachedResult; readonly from: string } {
  const from = join(folder, `made-${name}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(from, path, '..'), { recursive: true });
    writeFileSync(join(from, path), text);
  }
  const result = {
    fingerprint: sha(name), node: name, kind: 'make', at: '2026-11-26T10:00:00.000Z', ms: 423_357.744565, inputs: [{ name: 'tree', value: name }],
    files: Object.entries(files).map(([path, text]) => ({ path, size: text.length, digest: sha(text) })), data: { name }, digest: sha('output'),
  };
  return { result, from };
}

async function push(name: string, files: Readonly<Record<string, string>>): Promise<CachedResult> {
  const { result, from } = resultOf(name, files);
  const store = open();
  store.offer(result, from);
  await store.finish(signal);
  return result;
}

function emptyFolder(): string {
  const out = mkdtempSync(join(folder, 'out-'));
  return out;
}

describe('a result that is offered', () => {
  it('is found by its fingerprint, and its files come as they were', async () => {
    const result = await push('a', { 'one.rpm': 'first', 'sub/two.rpm': 'second', 'sub/same.rpm': 'first' });
    expect(warnings).toEqual([]);
    const found = await open().find('a', result.fingerprint, signal);
    expect(found?.result).toEqual(result);
    expect(found?.from).toMatch(new RegExp(`^oci://${fake.host}/team/crpm@sha256:[0-9a-f]{64}$`));
    const out = emptyFolder();
    expect(await found?.fill(out, signal)).toBe(true);
    expect(['one.rpm', 'sub/two.rpm', 'sub/same.rpm'].map((path) => readFileSync(join(out, path), 'utf8'))).toEqual(['first', 'second', 'first']);
    expect(await open().find('b', sha('b'), signal)).toBeUndefined();
  });

  it('does not replace what is there, unless that was refused', async () => {
    const result = await push('a', { f: 'text' });
    const { from } = resultOf('a', { f: 'text' });
    const before = fake.requests.length;
    await push('a', { f: 'text' });
    expect(fake.requests.slice(before).filter((request) => request.startsWith('PUT'))).toEqual([]);
    const store = open();
    (await store.find('a', result.fingerprint, signal))?.refuse('it is not what it should be');
    store.offer(result, from);
    await store.finish(signal);
    expect(fake.requests.slice(before).filter((request) => request.startsWith('PUT') && request.includes('/manifests/'))).toHaveLength(1);
    expect(warnings).toEqual([`a: what the shared store has is refused: it is not what it should be (${fake.host}/team/crpm:${tagOf(result.fingerprint)})`]);
  });

  it('is tagged only when all of it is there', async () => {
    await push('a', { f: 'text', g: 'more' });
    const puts = fake.requests.filter((request) => request.startsWith('PUT'));
    expect(puts.findIndex((request) => request.includes('/manifests/'))).toBe(puts.length - 1);
  });

  it('is not pushed where that is not wanted', async () => {
    const { result, from } = resultOf('a', { f: 'text' });
    const store = open({ push: false });
    store.offer(result, from);
    await store.finish(signal);
    expect(fake.requests).toEqual([]);
  });

  it('that can’t be pushed costs a warning; after so many failures nothing more is tried', async () => {
    fake.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(400).end('{"errors":[{"code":"QUOTA","message":"the project is full"}]}');
      return true;
    };
    const store = open();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const { result, from } = resultOf(name, { f: name });
      store.offer(result, from);
    }
    await store.finish(signal);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^[ab]: its result was not pushed to the shared store: pushing to \S+: the registry answers 400 \(QUOTA: the project is full\)/);
    expect(warnings[1]).toMatch(/; nothing more is pushed in this run/);
  });

  it('whose file is gone costs a warning', async () => {
    const { result } = resultOf('a', { f: 'text' });
    const store = open();
    store.offer(result, join(folder, 'nowhere'));
    await store.finish(signal);
    expect(warnings).toEqual([expect.stringMatching(/^a: its result was not pushed to the shared store: ENOENT/)]);
  });

  it('is waited for within bounds, and not after a Ctrl-C', async () => {
    fake.intercept = (request) => request.method === 'POST';
    const { result, from } = resultOf('a', { f: 'text' });
    const slow = open({ limits: { question: 1, failures: 2, goodbye: 50 } });
    slow.offer(result, from);
    await slow.finish(signal);
    expect(warnings).toEqual(['not all was pushed to the shared store within 0 s; crpm cache push goes on with it']);
    const stopped = open();
    stopped.offer(result, from);
    await stopped.finish(AbortSignal.abort());
    expect(warnings).toHaveLength(1);
  });
});

describe('a registry that', () => {
  const question = { question: 50, failures: 2, goodbye: 0 };

  it('never answers is asked no more after so many questions', async () => {
    fake.intercept = () => true;
    const store = open({ limits: question });
    for (const name of ['a', 'b', 'c']) expect(await store.find(name, sha(name), signal)).toBeUndefined();
    expect(fake.requests).toHaveLength(2);
    expect(warnings).toEqual([
      expect.stringMatching(/^a: the shared store could not be asked: reading the manifest \S+ of \S+: it took too long\. See whether/),
      expect.stringMatching(/^b: .*; it is asked no more in this run\. See whether/),
    ]);
  });

  it('is gone is the same', async () => {
    const store = open();
    await fake.stop();
    expect(await store.find('a', sha('a'), signal)).toBeUndefined();
    expect(warnings[0]).toMatch(/nobody listens there \(connection refused\)/);
    await fake.start();
  });

  it('does not know the user is asked once', async () => {
    fake.intercept = (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    const store = open();
    for (const name of ['a', 'b']) await store.find(name, sha(name), signal);
    expect(fake.requests).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`answers 401; it is asked no more in this run\\. Log in: docker login ${fake.host}$`))]);
  });

  it('is not blamed for a Ctrl-C', async () => {
    expect(await open().find('a', sha('a'), AbortSignal.abort())).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('gives other bytes is refused, with the file’s digest', async () => {
    const { fingerprint } = await push('a', { f: 'text' });
    fake.blobs.set(sha('text'), Buffer.from('tixt'));
    const found = await open().find('a', fingerprint, signal);
    expect(await found?.fill(emptyFolder(), signal)).toBe(false);
    expect(warnings).toEqual([expect.stringContaining(`a: the shared store did not give what it has: pulling ${sha('text')} from ${fake.host}/team/crpm: the bytes that came have another digest`)]);
  });

  it.each(['{', '{"config":{}}', '[]'])('has %j in a manifest’s place is refused', async (text) => {
    fake.manifests.set(`team/crpm@${tagOf(sha('a'))}`, { type: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from(text) });
    expect(await open().find('a', sha('a'), signal)).toBeUndefined();
    expect(warnings[0]).toMatch(/^a: what the shared store has is refused: its manifest is/);
  });

  it('names a file outside of the result writes nothing anywhere', async () => {
    const { result, from } = resultOf('a', { f: 'text' });
    const store = open();
    const outside = { ...result, files: [{ path: '../../escaped', size: 4, digest: sha('text') }] };
    mkdirSync(join(from, '..', '..'), { recursive: true });
    writeFileSync(join(from, '../../escaped'), 'text');
    store.offer(outside, from);
    await store.finish(signal);
    rmSync(join(from, '../../escaped'));
    expect(warnings).toEqual([]);
    expect(await open().find('a', result.fingerprint, signal)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('what the shared store has is refused: its record names files that no result can have')]);
    expect(existsSync(join(from, '../../escaped'))).toBe(false);
  });
});

it('what is there can be listed, and what is not of this kind is left out', async () => {
  await push('older', { f: 'text' });
  const { result, from } = resultOf('newer', { f: 'text', g: 'more' });
  const store = open();
  store.offer({ ...result, at: '2026-11-27T10:00:00.000Z' }, from);
  await store.finish(signal);
  fake.manifests.set('team/crpm@latest', { type: 'x', bytes: Buffer.from('{}') });
  fake.manifests.set(`team/crpm@${tagOf(sha('odd'))}`, { type: 'x', bytes: Buffer.from('{}') });
  const { registry, repository } = openRepository({ url: `oci://${fake.host}/team/crpm`, insecure: false, env: { HOME: folder }, voice });
  const { results, unreadable } = await listResults(repository, signal);
  registry.close();
  expect(results).toMatchObject([{ node: 'newer', size: 8, by: 'ci@builder', fingerprint: sha('newer') }, { node: 'older', size: 4 }]);
  expect(unreadable).toBe(1);
});
