import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type Config, type Engine, type WorkspacePaths } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import type { RpmsFact } from '@crpm/pipeline/facts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HOST_VARIABLE } from '../../../test/support/dockerd.js';
import { prepareTestImage } from '../../../test/support/image.js';
import { centosStream, makeConfig, packageConfig } from './support/config.js';
import { makeWorkspace, removeFolder, runGraph, type GraphRun } from './support/run-graph.js';
import { commitAll, emulatorDistGit, emulatorTree, fileInRpm, mesonTree, writeTree } from './support/trees.js';

const dockerHost = process.env[HOST_VARIABLE];
if (dockerHost === undefined) console.warn('SKIPPED: incremental builds in containers: no engine of the tests’ own');
const missing = ['rpmbuild', 'meson', 'ninja', 'cc', 'git'].filter((tool) => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.warn(`SKIPPED: incremental builds on this machine, which lacks ${missing.join(', ')}`);

describe.each([
  { kind: 'docker', skip: dockerHost === undefined },
  { kind: 'host', skip: missing.length > 0 },
] as const)('a build in place, engine $kind', ({ kind, skip }) => {
  describe.skipIf(skip)('of trees that live on', () => {
    let root: string;
    let engine: Engine;
    let workspace: WorkspacePaths;
    let reference = '';
    let folders = 0;

    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'crpm-in-place-'));
      workspace = makeWorkspace(root);
      if (kind === 'docker') reference = await prepareTestImage({ dockerHost: dockerHost ?? '' });
      const { engine: config, basesystems } = configOf([]);
      engine = await chooseEngine({ config, basesystems, env: process.env, signal: AbortSignal.timeout(1_800_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
    });

    afterAll(async () => {
      await engine.remove(await engine.list({ workspace: workspace.id }));
      await engine.close();
      removeFolder(root);
    });

    const configOf = (packages: Config['packages']): Config => {
      const made = makeConfig(packages, { engine: { kind, ...(kind === 'docker' ? { host: dockerHost ?? '' } : {}), network: 'host' } });
      const base = kind === 'docker' ? ({ kind: 'image', reference } as const) : ({ kind: 'host' } as const);
      return { ...made, basesystems: [{ ...centosStream(9), base, enable: [], disable: [], checkBuildRequires: false }] };
    };
    const folder = (name: string) => join(root, `${String(++folders)} ${name}`);
    const libtiny = (dir: string, overrides: object = {}) => packageConfig({ name: 'libtiny', kind: 'meson-dist', dir, spec: { kind: 'tree', file: 'libtiny.spec.in' }, ...overrides });
    const build = (pkg: Config['packages'][number], options: { cleanBuild?: boolean; in?: WorkspacePaths } = {}): Promise<GraphRun> =>
      runGraph(configOf([pkg]), { engine, workspace: options.in ?? workspace, until: `${pkg.name}.rpmbuild`, cleanBuild: options.cleanBuild ?? false });
    const factOf = (run: GraphRun): RpmsFact => [...run.outputs].find(([id]) => id.endsWith('.rpmbuild'))?.[1].data as RpmsFact;
    const content = (run: GraphRun, rpm: string, file: string): string => {
      const [id, output] = [...run.outputs].find(([name]) => name.endsWith('.rpmbuild')) ?? [];
      const fact = factOf(run).rpms.find(({ name }) => name === rpm);
      if (!output || !fact) throw new Error(`${String(id)} made no ${rpm}`);
      return fileInRpm(join(output.dir, fact.file), file).toString('latin1');
    };
    const says = (run: GraphRun) => content(run, 'libtiny', '/usr/bin/tiny');
    const digests = (run: GraphRun) => factOf(run).rpms.map(({ file, sha256 }) => `${file} ${sha256}`);
    const why = (run: GraphRun) => factOf(run).here?.clean;
    const edit = (file: string, from: string | RegExp, to: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    /** The same RPMs as a build of the same tree by somebody who never built it. */
    const sameAsClean = async (run: GraphRun, pkg: Config['packages'][number]) => {
      const clean = await build(pkg, { cleanBuild: true });
      expect(why(clean)).toBe('--clean-build asks for it');
      expect(digests(run)).toEqual(digests(clean));
    };

    test('compiles what changed and nothing else, and gives the bytes of a clean build', async () => {
      const tree = mesonTree(folder('m'), 'first');
      writeTree(tree, { 'other.c': 'int other(void) { return 1; }\n' });
      edit(join(tree, 'meson.build'), "'tiny.c'", "'tiny.c', 'other.c'");
      commitAll(tree);
      const pkg = libtiny(tree);
      const first = await build(pkg);
      expect(why(first)).toBe('it is the first in this build root with these options');
      expect(says(first)).toContain('first');

      edit(join(tree, 'tiny.c'), 'first', 'second');
      // As a checkout or `cp -p` leaves it: older than what was compiled.
      utimesSync(join(tree, 'tiny.c'), 1_000_000_000, 1_000_000_000);
      const second = await build(pkg);
      expect(why(second)).toBeUndefined();
      expect(says(second)).toContain('second');
      const compiled = second.lines.filter((line) => / -c \S*\.c\b|Compiling/.test(line)).join('\n');
      expect(compiled).toContain('tiny.c');
      expect(compiled).not.toContain('other.c');

      edit(join(tree, 'tiny.c'), 'second', 'first');
      const third = await build(pkg);
      expect(why(third)).toBeUndefined();
      expect(digests(third)).toEqual(digests(first));
      await sameAsClean(third, pkg);
    });

    test('finds the tree as %prep left it: what %install moved there is gone, and where the build writes to it, the next one starts anew', async () => {
      const tree = mesonTree(folder('m'), 'first');
      // As libvirt's: the second time, mv would put the folder into the one that is there.
      edit(join(tree, 'libtiny.spec.in'), '%files', 'mkdir -p %{buildroot}/usr/share/doc/tiny\ncp tiny.c %{buildroot}/usr/share/doc/tiny\nmv %{buildroot}/usr/share/doc/tiny tiny-docs\n%files\n%doc tiny-docs/*');
      const pkg = libtiny(tree);
      await build(pkg);
      for (const [from, to] of [['first', 'second'], ['second', 'third']] as const) {
        edit(join(tree, 'tiny.c'), from, to);
        const next = await build(pkg);
        expect(why(next)).toBeUndefined();
        if (to === 'third') await sameAsClean(next, pkg);
      }

      edit(join(tree, 'libtiny.spec.in'), '%build', '%build\necho "/* built */" >>tiny.c');
      await build(pkg);
      edit(join(tree, 'tiny.c'), 'third', 'fourth');
      expect(why(await build(pkg))).toBe('tiny.c is a file of the tree that the build itself changes');
    });

    test('follows files that come and go, and starts anew where ninja could not notice', async () => {
      const tree = mesonTree(folder('m'), 'start');
      writeTree(tree, { 'inc/value.h': '#define VALUE "inc"\n', 'libtiny.spec': readFileSync(join(tree, 'libtiny.spec.in'), 'utf8') });
      edit(join(tree, 'meson.build'), "install: true)", "install: true, include_directories: ['near', 'inc'])");
      writeTree(tree, { 'near/keep': '' });
      edit(join(tree, 'tiny.c'), '#include <stdio.h>', '#include <stdio.h>\n#include "value.h"');
      edit(join(tree, 'tiny.c'), '"start"', 'VALUE');
      const pkg = libtiny(tree);
      expect(says(await build(pkg))).toContain('inc');

      writeTree(tree, { 'near/note.txt': 'nobody reads it\n' });
      expect(why(await build(pkg))).toBeUndefined();
      rmSync(join(tree, 'near/note.txt'));
      expect(why(await build(pkg))).toBeUndefined();

      writeTree(tree, { 'near/value.h': '#define VALUE "near"\n' });
      const shadowed = await build(pkg);
      expect(why(shadowed)).toBe('near/value.h is new, and another file has that name');
      expect(says(shadowed)).toContain('near');

      rmSync(join(tree, 'near/value.h'));
      symlinkSync('../inc/value.h', join(tree, 'near/value.h'));
      const linked = await build(pkg);
      expect(why(linked)).toBe('near/value.h is a link, or was one');
      expect(says(linked)).toContain('inc');
      await sameAsClean(linked, pkg);
    });

    test('says why it starts anew: the spec, a tree that somebody touched, a failure that may be the tree’s', async () => {
      const tree = mesonTree(folder('m'), 'x');
      const pkg = libtiny(tree);
      await build(pkg);
      edit(join(tree, 'libtiny.spec.in'), 'Test.', 'Another description.');
      const respecced = await build(pkg);
      expect(why(respecced)).toBe('libtiny.spec.in changed, which the spec or %prep reads');
      expect(respecced.warnings).toEqual([]);

      const kept = (await engine.list({ workspace: workspace.id })).filter(({ keeps }) => keeps?.what === 'tree' && keeps.name.startsWith('libtiny-'));
      await engine.remove(kept);
      const gone = await build(pkg);
      expect(why(gone)).toBe('the build tree is gone, or not as it was left');
      expect(gone.warnings).toEqual(['libtiny.rpmbuild: a clean build: the build tree is gone, or not as it was left']);

      edit(join(tree, 'tiny.c'), 'return 0', 'return nonsense');
      await expect(build(pkg).catch((error: unknown) => Promise.reject(new Error(toFailure(error).lines?.join('\n'))))).rejects.toThrow(/nonsense/);
      edit(join(tree, 'tiny.c'), 'return nonsense', 'return 0');
      const mended = await build(pkg);
      expect(why(mended)).toBeUndefined();
      await sameAsClean(mended, pkg);
    });

    test('a build that was cut while ninja ran goes on; cut elsewhere it starts anew', async () => {
      const tree = mesonTree(folder('m'), 'x');
      const pkg = libtiny(tree);
      await build(pkg);
      const cutAt = async (line: RegExp) => {
        const stop = new AbortController();
        const hear = (text: string) => void (line.test(text) && stop.abort());
        const cut = runGraph(configOf([pkg]), { engine, workspace, until: 'libtiny.rpmbuild', signal: stop.signal, line: hear });
        expect(await cut.then(() => 'ended', (error: unknown) => toFailure(error).class)).toBe('cancelled');
      };
      edit(join(tree, 'tiny.c'), '"x"', '"while compiling"');
      writeTree(tree, { 'slow.sh': [0o755, '#!/bin/sh\necho >"$1"\nsleep 5\n'] });
      edit(join(tree, 'meson.build'), 'conf = ', "custom_target('slow', output: 'slow.txt', command: ['./slow.sh', '@OUTPUT@'], build_by_default: true)\nconf = ");
      await build(pkg);
      edit(join(tree, 'slow.sh'), 'sleep 5', 'sleep 6');
      edit(join(tree, 'tiny.c'), 'while compiling', 'cut while compiling');
      await cutAt(/^\[\d+\/\d+\] /);
      const resumed = await build(pkg);
      expect(why(resumed)).toBeUndefined();
      expect(says(resumed)).toContain('cut while compiling');

      edit(join(tree, 'tiny.c'), 'cut while compiling', 'cut while installing');
      await cutAt(/^Executing\(%install\)/);
      const again = await build(pkg);
      expect(why(again)).toBe('the last one was cut short, or failed before it compiled');
      expect(says(again)).toContain('cut while installing');
    });

    test('QEMU’s way: patches are applied once, and a patched file that changes gets them again', async () => {
      const patch = ['--- a/tool.c', '+++ b/tool.c', '@@ -1,2 +1,2 @@', ' #include <stdio.h>', '-int main(void) { puts("upstream"); return 0; }', '+int main(void) { puts("patched"); return 0; }', ''].join('\n');
      const tree = emulatorTree(folder('q'), 'upstream');
      writeTree(tree, {
        'meson.build': "project('tool', 'c')\nexecutable('tool', 'tool.c', 'more.c')\n",
        'more.c': 'int more(void) { return 1; }\n',
        configure: [0o755, '#!/bin/sh\nrm -rf meson-private\nmeson setup . "$(dirname "$0")"\n'],
      });
      const distGit = emulatorDistGit(folder('d'), { patches: { '0001-say.patch': patch } });
      edit(join(distGit, 'qemu-kvm.spec'), 'make tool CFLAGS=-O1', 'mkdir -p build\ncd build\n../configure\nninja\ncp tool ..');
      const pkg = packageConfig({ name: 'qemu', dir: tree, spec: { kind: 'dir', dir: distGit } });
      const tool = (run: GraphRun) => content(run, 'qemu-img', '/usr/bin/qemu-tool');
      expect(tool(await build(pkg))).toContain('patched');

      edit(join(tree, 'more.c'), 'return 1', 'return 2');
      const second = await build(pkg);
      expect(why(second)).toBeUndefined();
      expect(tool(second)).toContain('patched');

      edit(join(tree, 'tool.c'), /^/, '/* mine */\n');
      const third = await build(pkg);
      expect(why(third)).toBe('tool.c is a file that %prep of the spec changes or removes');
      expect(tool(third)).toContain('patched');

      edit(join(distGit, '0001-say.patch'), '"patched"', '"patched again"');
      const fourth = await build(pkg);
      expect(why(fourth)).toBe('0001-say.patch changed, which the spec or %prep reads');
      expect(tool(fourth)).toContain('patched again');
      await sameAsClean(fourth, pkg);

      edit(join(tree, 'tool.c'), 'upstream', 'elsewhere');
      const failure = await build(pkg).then(() => undefined, toFailure);
      expect(failure).toMatchObject({ class: 'build', message: `the patch ${distGit}/0001-say.patch of the spec does not apply to this tree: hunk #1 of ${tree}/tool.c`, commands: [`patch --dry-run -p1 -F0 -d '${tree}' < '${distGit}/0001-say.patch'`] });
    });

    test('subprojects that a tree lacks are fetched once, and compiled without network', async () => {
      const dep = writeTree(folder('dep'), { 'dep-1/meson.build': "project('dep', 'c')\ndep = declare_dependency(include_directories: '.')\n", 'dep-1/dep.h': '#define DEP "from a subproject"\n' });
      const archive = execFileSync('tar', ['-C', dep, '-czf', '-', 'dep-1']);
      let asked = 0;
      const server = createServer((_, response) => {
        asked++;
        response.end(archive);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const tree = writeTree(emulatorTree(folder('q'), 'x'), {
        'tool.c': '#include <stdio.h>\n#include "dep.h"\nint main(void) { puts(DEP); return 0; }\n',
        'meson.build': "project('tool', 'c')\nexecutable('tool', 'tool.c', dependencies: subproject('dep').get_variable('dep'))\n",
        'subprojects/dep.wrap': `[wrap-file]\ndirectory = dep-1\nsource_url = http://127.0.0.1:${String(port)}/dep-1.tar.gz\nsource_filename = dep-1.tar.gz\nsource_hash = ${createHash('sha256').update(archive).digest('hex')}\n`,
      });
      const distGit = emulatorDistGit(folder('d'));
      edit(join(distGit, 'qemu-kvm.spec'), 'make tool CFLAGS=-O1', 'meson setup --wrap-mode=nodownload build\nninja -C build\ncp build/tool .');
      const pkg = packageConfig({ name: 'qemu', dir: tree, spec: { kind: 'dir', dir: distGit } });
      const first = await build(pkg);
      expect(content(first, 'qemu-img', '/usr/bin/qemu-tool')).toContain('from a subproject');
      server.close();
      edit(join(tree, 'tool.c'), 'puts(DEP)', 'puts(DEP "!")');
      const second = await build(pkg);
      expect(why(second)).toBeUndefined();
      expect(content(second, 'qemu-img', '/usr/bin/qemu-tool')).toContain('from a subproject!');
      await sameAsClean(second, pkg);
      expect(asked).toBe(1);
      edit(join(tree, 'subprojects/dep.wrap'), 'dep-1.tar.gz\n', 'other.tar.gz\n');
      const failed = await build(pkg).then(() => undefined, toFailure);
      expect(failed).toMatchObject({ class: 'build' });
      expect(failed?.lines?.join('\n')).toContain('Automatic wrap-based subproject downloading is disabled');
    });

    test('what ninja does not build is built from nothing each time', async () => {
      const pkg = packageConfig({ name: 'qemu', dir: emulatorTree(folder('q'), 'by make'), spec: { kind: 'dir', dir: emulatorDistGit(folder('d')) } });
      await build(pkg);
      const again = await build(pkg);
      expect(why(again)).toBe('this one is not driven by ninja, which alone notices all that changed');
      expect(again.warnings).toEqual([]);
    });
  });
});
