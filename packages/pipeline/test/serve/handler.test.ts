import { renameSync, rmSync, symlinkSync, writeFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryHandler } from '../../src/serve/handler.js';
import { createLimitedServer, LIMITS } from '../../src/serve/http-server.js';
import { serverIdentity } from '../../src/serve/identity.js';
import { bodyOf, raw, rawGet, statusOf } from './support/raw.js';
import { publish, REPOMD, temporaryWorkspace } from './support/repository.js';

let workspace: WorkspacePaths;
let server: Server;
let port: number;
let rpm: string;

async function listen(limits = LIMITS as Parameters<typeof createLimitedServer>[1]): Promise<void> {
  server = createLimitedServer(repositoryHandler(join(workspace.state, 'repo'), serverIdentity(workspace.id)), limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
}

beforeEach(async () => {
  workspace = temporaryWorkspace();
  rpm = (await publish(workspace, 'first')).rpm;
  await listen();
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('what is answered', () => {
  test('repodata of the current generation, and after the next one that one', async () => {
    expect(bodyOf(await rawGet(port, `/${REPOMD}`))).toBe('first');
    await publish(workspace, 'second');
    expect(bodyOf(await rawGet(port, `/${REPOMD}`))).toBe('second');
  });

  test('every RPM ever published, by a plain or an encoded name', async () => {
    await publish(workspace, 'second');
    expect(bodyOf(await rawGet(port, `/${rpm}`))).toBe('rpm of first');
    expect(bodyOf(await rawGet(port, `/${rpm.replace('+', '%2B').replace('^', '%5E')}`))).toBe('rpm of first');
  });

  test('packed metadata as it is: no encoding that a client would undo before it checks the checksum', async () => {
    const answer = await rawGet(port, '/centos-stream-9/x86_64/repodata/primary.xml.gz', 'GET', ['Accept-Encoding: gzip']);
    expect(answer).toMatch(/^content-encoding: identity\r$/im);
    expect(bodyOf(answer)).toBe('packed first');
  });

  test('HEAD with the size and no body', async () => {
    const answer = await rawGet(port, `/${rpm}`, 'HEAD');
    expect(answer).toMatch(/^content-length: 12\r$/im);
    expect(bodyOf(answer)).toBe('');
  });

  test('ranges, and a nonsensical one as if it were not there', async () => {
    const ranged = async (range: string) => {
      const answer = await rawGet(port, `/${rpm}`, 'GET', [`Range: ${range}`]);
      return [statusOf(answer), bodyOf(answer)];
    };
    expect(await ranged('bytes=7-11')).toEqual([206, 'first']);
    expect(await ranged('bytes=7-')).toEqual([206, 'first']);
    for (const range of ['bytes=5-3', 'bytes=-4', 'bytes=0-0', 'bytes=a-b', 'bytes=0-1,3-4', 'lines=1-2']) expect(await ranged(range)).toEqual([200, 'rpm of first']);
    expect((await ranged('bytes=99-'))[0]).toBe(416);
  });

  test('the root: which repositories there are; and at each, what is in it', async () => {
    expect(bodyOf(await rawGet(port, '/'))).toBe('centos-stream-9/x86_64/\n');
    expect(bodyOf(await rawGet(port, '/centos-stream-9/x86_64/'))).toBe(`repodata/primary.xml.gz\nrepodata/repomd.xml\n${rpm.slice('centos-stream-9/x86_64/'.length)}\n`);
    const head = await rawGet(port, '/', 'HEAD');
    expect([statusOf(head), bodyOf(head)]).toEqual([200, '']);
  });

  test('who it is', async () => {
    expect(JSON.parse(bodyOf(await rawGet(port, '/.crpm')))).toMatchObject({ workspace: workspace.id, pid: process.pid });
  });
});

describe('what is refused', () => {
  test.each([
    ['//', 404],
    ['/centos-stream-9/', 404],
    ['/centos-stream-9/x86_64', 404],
    ['/centos-stream-9/aarch64/', 404],
    ['/centos-stream-9/x86_64/repodata/', 404],
    ['/centos-stream-9/x86_64/repodata/unlisted.xml', 404],
    ['/generations', 404],
    ['/../../../../etc/passwd', 404],
    ['/centos-stream-9/x86_64/repodata/../../../manifest.json', 404],
    ['/centos-stream-9/x86_64/repodata/%2e%2e/%2e%2e/%2e%2e/manifest.json', 404],
    ['/centos-stream-9/x86_64/repodata/%252e%252e%252fmanifest.json', 404],
    ['/centos-stream-9/x86_64/repodata/repomd.xml%00.rpm', 400],
    ['/centos-stream-9\\x86_64\\repodata\\repomd.xml', 404],
    [`http://127.0.0.1/${REPOMD}`, 400],
    ['http://example.org/', 400],
  ] as const)('GET %s: %i', async (target, status) => {
    expect(statusOf(await rawGet(port, target))).toBe(status);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s', async (method) => {
    expect(statusOf(await rawGet(port, `/${REPOMD}`, method))).toBe(405);
  });

  test('CONNECT, garbage, and a header beyond the limit', async () => {
    expect(await rawGet(port, '127.0.0.1:22', 'CONNECT')).toBe('');
    expect(statusOf(await raw(port, 'garbage\r\n\r\n'))).toBe(400);
    expect(statusOf(await raw(port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(LIMITS.headerBytes)}\r\n\r\n`))).toBe(431);
  });

  test('a symlink in place of a published RPM, and one in place of its folder', async () => {
    const secret = join(workspace.state, 'secret');
    writeFileSync(secret, 'secret');
    const file = join(workspace.state, 'repo', 'published', rpm);
    rmSync(file);
    symlinkSync(secret, file);
    expect(statusOf(await rawGet(port, `/${rpm}`))).toBe(404);
    rmSync(file);
    const folder = join(file, '..');
    const moved = join(workspace.state, 'moved');
    renameSync(folder, moved);
    symlinkSync(moved, folder);
    writeFileSync(join(moved, rpm.split('/').at(-1) ?? ''), 'secret');
    expect(statusOf(await rawGet(port, `/${rpm}`))).toBe(404);
  });
});

describe('bounds', () => {
  test('a client that does not finish its request is cut off', async () => {
    server.close();
    await listen({ ...LIMITS, headersMs: 50, requestMs: 50, idleMs: 100 });
    expect(await raw(port, 'GET / HTTP/1.1\r\nHo')).not.toContain('200');
  });

  test('connections beyond the cap are closed', async () => {
    server.close();
    await listen({ ...LIMITS, connections: 1 });
    const first = connect(port, '127.0.0.1');
    await new Promise((resolve) => server.once('connection', resolve));
    expect(await rawGet(port, '/.crpm')).toBe('');
    first.destroy();
  });

  test('a client that leaves in mid-answer leaves no open file behind', async () => {
    const { rpm: big } = await publish(workspace, 'x'.repeat(8 * 1024 * 1024));
    const openRpms = () => readdirSync('/proc/self/fd').filter((fd) => { try { return readlinkSync(`/proc/self/fd/${fd}`).includes('by-sha256'); } catch { return false; } });
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET /${big} HTTP/1.1\r\nHost: x\r\n\r\n`));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await expect.poll(openRpms).toEqual([]);
  });
});
