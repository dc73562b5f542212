import { createServer, type Server } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeContext, WorkspacePaths } from '@crpm/core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ServeFact } from '../../src/facts.js';
import { servedAt } from '../../src/serve/address.js';
import { serverStatus, startServer, stopServer } from '../../src/serve/control.js';
import { derivedPort } from '../../src/serve/port.js';
import { probeRepository } from '../../src/serve/probe.js';
import { readServerRecord, writeServerRecord } from '../../src/serve/records.js';
import { serveKind } from '../../src/serve/serve-kind.js';
import { publish, temporaryWorkspace } from './support/repository.js';
import { bundleServer } from './support/server-entry.js';

let serverEntry: string;
let workspace: WorkspacePaths;
let count = 0;
const foreign: Server[] = [];

beforeAll(async () => {
  serverEntry = await bundleServer();
});
beforeEach(() => {
  // An id of its own gives each test a port of its own.
  workspace = temporaryWorkspace(`control-${process.pid}-${count++}`);
});
afterEach(async () => {
  await stopServer({ workspace });
  for (const server of foreign.splice(0)) server.close();
});

async function occupy(port: number): Promise<void> {
  const server = createServer((socket) => socket.end());
  foreign.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

describe('startServer', () => {
  test('starts it once, on the port of the workspace', async () => {
    const port = derivedPort(workspace.id);
    const first = await startServer({ workspace, serverEntry });
    expect(first).toMatchObject({ running: true, port, baseUrl: `http://127.0.0.1:${port}/` });
    expect((await startServer({ workspace, serverEntry })).pid).toBe(first.pid);
    expect(await serverStatus({ workspace })).toEqual(first);
  });

  test('two at the same moment end with one server', async () => {
    const [first, second] = await Promise.all([startServer({ workspace, serverEntry }), startServer({ workspace, serverEntry })]);
    expect(second.pid).toBe(first.pid);
  });

  test('fails when the port is taken, and names who holds it and the way out', async () => {
    await occupy(derivedPort(workspace.id));
    await expect(startServer({ workspace, serverEntry })).rejects.toMatchObject({
      failure: {
        class: 'environment',
        message: expect.stringContaining(`port ${derivedPort(workspace.id)} of 127.0.0.1 is held by process ${process.pid} (`),
        next: expect.stringContaining('crpm serve --port N'),
      },
    });
  });

  test('--port moves the server and is remembered, until the config names another port', async () => {
    const before = await startServer({ workspace, serverEntry });
    const moved = await startServer({ workspace, serverEntry, port: before.port + 1 });
    expect(moved.port).toBe(before.port + 1);
    expect(moved.pid).not.toBe(before.pid);
    expect(await serverStatus({ workspace })).toEqual(moved);
    expect(await serverStatus({ workspace, configuredPort: before.port })).toMatchObject({ running: false, port: before.port });
  });

  test('keeps the old server when the new port is taken', async () => {
    const before = await startServer({ workspace, serverEntry });
    await occupy(before.port + 1);
    await expect(startServer({ workspace, serverEntry, port: before.port + 1 })).rejects.toThrow('is held by');
    expect(await serverStatus({ workspace })).toEqual(before);
  });

  test('tells why a server program did not come up', async () => {
    const broken = join(workspace.state, 'broken.mjs');
    writeFileSync(broken, 'throw new Error("no good")');
    await expect(startServer({ workspace, serverEntry: broken })).rejects.toMatchObject({ failure: { class: 'environment', lines: expect.arrayContaining(['Error: no good']) } });
  });
});

describe('stopServer', () => {
  test('ends it, and says that there was one', async () => {
    await startServer({ workspace, serverEntry });
    expect(await stopServer({ workspace })).toBe(true);
    expect(await serverStatus({ workspace })).toMatchObject({ running: false });
    expect(await stopServer({ workspace })).toBe(false);
  });

  test('leaves a process alone that only has the pid of the recorded server', async () => {
    await startServer({ workspace, serverEntry });
    const record = readServerRecord(workspace.state);
    await stopServer({ workspace });
    // This very process would end if only the pid counted.
    writeServerRecord(workspace.state, { ...record!, pid: process.pid }); // just read, so it is there
    expect(await stopServer({ workspace })).toBe(false);
  });
});

describe('the serve node', () => {
  const node = { id: 'serve', kind: 'serve', title: 'serve', needs: [], params: {} };
  const context = (): NodeContext => ({
    node, needs: new Map(), workspace, signal: new AbortController().signal, out: workspace.cache, budget: { jobs: 1 }, runId: 'run',
    engine: () => Promise.reject(new Error('no engine here')),
    report: { line: () => {}, status: () => {}, warn: () => {} },
  });

  test('leaves the server up, and is stale once it is gone', async () => {
    await publish(workspace, 'ours');
    const kind = serveKind({ env: {}, serverEntry });
    const data = await kind.run({ mode: 'process' }, context());
    const output = { dir: '', files: [], digest: '', data };
    expect(data).toEqual({ mode: 'process' });
    expect(await kind.stale?.({ mode: 'process' }, output, context())).toBeUndefined();
    await stopServer({ workspace });
    expect(await kind.stale?.({ mode: 'process' }, output, context())).toContain('is not running');
  });

  test('its result stands when the server moves to another port: the address is looked up', async () => {
    await publish(workspace, 'ours');
    const kind = serveKind({ env: {}, serverEntry });
    const data = (await kind.run({ mode: 'process' }, context())) as ServeFact;
    expect(servedAt(data, workspace)).toBe(`http://127.0.0.1:${derivedPort(workspace.id)}/`);
    const moved = await startServer({ workspace, serverEntry, port: derivedPort(`${workspace.id}-moved`) });
    expect(servedAt(data, workspace)).toBe(moved.baseUrl);
    expect(await kind.stale?.({ mode: 'process' }, { dir: '', files: [], digest: '', data }, context())).toBeUndefined();
    expect(await kind.run({ mode: 'process' }, context())).toEqual(data);
  });

  test("mode none takes the user's own server once it answers with this generation", async () => {
    await publish(workspace, 'ours');
    const { baseUrl } = await startServer({ workspace, serverEntry });
    const kind = serveKind({ env: {}, serverEntry: '/nonexistent' });
    expect(await kind.run({ mode: 'none', baseUrl: baseUrl.slice(0, -1) }, context())).toEqual({ mode: 'none', baseUrl });
    await expect(kind.run({ mode: 'none', baseUrl: 'http://127.0.0.1:9/' }, context())).rejects.toMatchObject({ failure: { class: 'environment', next: expect.stringContaining('serve.baseUrl') } });
  });
});

describe('probeRepository', () => {
  test('passes when the server answers with our bytes, and fails when it has others', async () => {
    const { generation } = await publish(workspace, 'ours');
    const { baseUrl } = await startServer({ workspace, serverEntry });
    const repoDir = join(workspace.state, 'repo');
    await probeRepository(repoDir, baseUrl, 'next');
    const other = temporaryWorkspace('other');
    await publish(other, 'other');
    await expect(probeRepository(join(other.state, 'repo'), baseUrl, 'next')).rejects.toMatchObject({ failure: { class: 'environment', next: 'next' } });
    expect(generation.files).toHaveLength(3);
  });

  test('fails when nobody is there', async () => {
    await publish(workspace, 'ours');
    await expect(probeRepository(join(workspace.state, 'repo'), `http://127.0.0.1:${derivedPort(workspace.id)}/`, 'next')).rejects.toThrow('the repository is not served');
  });
});
