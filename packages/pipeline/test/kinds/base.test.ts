import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type Json } from '@crpm/core';
import { LOOK, SET_UP_BASE } from '@crpm/pipeline/build/scripts';
import { baseKind } from '@crpm/pipeline/kinds/base';
import type { BaseParams } from '@crpm/pipeline/params';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { fakeEngine } from '../support/fake-engine.js';
import { nodeContext } from '../support/node-context.js';
import { makeWorkspace } from '../support/run-graph.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'crpm-base-'))));
afterEach(() => rmSync(root, { recursive: true }));

const PARAMS: BaseParams = {
  engine: 'auto',
  arch: 'x86_64',
  base: { kind: 'image', reference: 'centos:9' },
  tools: ['rpmbuild', 'createrepo_c'],
  packages: [],
  repos: [],
  enable: [],
  disable: [],
  network: 'bridge',
};
const CENTOS = ['crpm-dist .el9', 'crpm-os ID="centos"', 'crpm-os VERSION_ID="9"'];
const run = (params: BaseParams, engine: ReturnType<typeof fakeEngine>, workspace = root) => {
  const { context } = nodeContext({ id: 'base', kind: 'base', params: params as Json }, makeWorkspace(workspace), engine);
  return baseKind({ pull: false }).run(params, context);
};

describe('the base image', () => {
  test('that has everything is taken as it is', async () => {
    const engine = fakeEngine(() => CENTOS);
    expect(await run(PARAMS, engine)).toEqual({ from: 'docker centos:9', here: { image: 'centos:9', arch: 'x86_64' }, dist: '.el9', checkBuildRequires: true, lacksMacros: false, dnf: false });
    expect(engine.derived).toEqual([]);
  });

  test('that lacks a program gets the RPMs of all of them, and its repositories', async () => {
    const engine = fakeEngine((_argv, image) => (image === 'centos:9' ? ['crpm-missing-tool createrepo_c', 'crpm-dnf', ...CENTOS] : ['crpm-dnf', ...CENTOS]));
    const params = { ...PARAMS, enable: ['crb'], disable: ['epel'], packages: ['ccache'], repos: [{ name: 'mine', baseUrl: 'http://127.0.0.1:8080/' }] };
    expect(await run(params, engine)).toMatchObject({ from: 'docker centos:9', here: { image: 'centos:9+1' }, dnf: true });
    expect(engine.derived[0]?.step.argv).toEqual(['sh', '-c', SET_UP_BASE, 'crpm', 'enable', 'crb', 'disable', 'epel', '--', 'rpm-build', 'createrepo_c', 'ccache']);
    expect(engine.derived[0]?.files).toContain('[crpm-mine]\nname=mine\nbaseurl=http://127.0.0.1:8080/\nenabled=1\ngpgcheck=0\n');
  });

  test('is set up once for one recipe', async () => {
    const engine = fakeEngine((_argv, image) => (image === 'centos:9' ? ['crpm-missing-tool rpmbuild', 'crpm-dnf', ...CENTOS] : CENTOS));
    expect(await run(PARAMS, engine)).toEqual(await run(PARAMS, engine));
    expect(engine.derived).toHaveLength(1);
  });

  test('is this machine on host: what is missing is named with the line to type', async () => {
    const engine = fakeEngine(() => ['crpm-missing-tool createrepo_c', 'crpm-dnf', ...CENTOS], 'host');
    const failure = await run({ ...PARAMS, base: { kind: 'host' } }, engine).then(() => undefined, toFailure);
    expect(failure).toMatchObject({ class: 'environment', message: 'this machine lacks what the build needs: createrepo_c' });
    expect(failure?.next).toContain('sudo apt-get install createrepo-c');
  });
});

test('whatever the config’s strings hold, a shell gets fixed text and each of them as one argument', async () => {
  const hostile = fc.oneof(fc.constantFrom(';touch x', '$(touch x)', '`touch x`', 'a\nb', '--flag', '-', "'", '"', '*'), fc.string({ minLength: 1 })).filter((text) => !text.includes('\0'));
  await fc.assert(
    fc.asyncProperty(hostile, hostile, hostile, async (name, enable, disable) => {
      const engine = fakeEngine(() => ['crpm-missing-tool rpmbuild', 'crpm-dnf', ...CENTOS]);
      await run({ ...PARAMS, packages: [name], enable: [enable], disable: [disable] }, engine, mkdtempSync(join(root, 'ws-')));
      for (const argv of engine.argvs) if (argv[0] === 'sh') expect([LOOK, SET_UP_BASE]).toContain(argv[2]);
      expect(engine.derived[0]?.step.argv.slice(4)).toEqual(['enable', enable, 'disable', disable, '--', 'rpm-build', 'createrepo_c', name]);
    }),
    { numRuns: 50 },
  );
});
