import type { Basesystem, EngineConfig } from '@crpm/core';
import { expect, test } from 'vitest';
import { hasEngine } from '../src/index.js';

const centos = { name: 'centos-stream-9', base: { kind: 'image', reference: 'quay.io/centos/centos:stream9' }, dist: '.el9', stream: 9 } as unknown as Basesystem;
const host = { name: 'host', base: { kind: 'host' } } as unknown as Basesystem;
const machine = { id: 'debian', version: '12', name: 'Debian', like: [] };
const ask = (config: Partial<EngineConfig>, basesystem = centos, env: NodeJS.ProcessEnv = {}) =>
  hasEngine({ config: { kind: 'auto', network: 'bridge', ...config }, basesystems: [basesystem], env, signal: new AbortController().signal, patience: 1000, machine });

test('where none answers there is none', async () => {
  expect(await ask({ host: 'unix:///nowhere/none.sock' })).toBe(false);
  expect(await ask({}, centos, { DOCKER_HOST: 'tcp://127.0.0.1:1' })).toBe(false);
});

test('none is asked that is not needed, or that only a program could ask', async () => {
  expect(await ask({ host: 'unix:///nowhere/none.sock' }, host)).toBe(true);
  expect(await ask({ kind: 'kubernetes', host: 'unix:///nowhere/none.sock' })).toBe(true);
  expect(await ask({ host: 'ssh://nobody@nowhere.invalid' })).toBe(true);
});
