import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatEvr } from '@crpm/rpm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OfficialLoader, type OfficialQuestion } from '../../src/predict/official.js';
import { officialRepos, repoFilesOf } from '../../src/predict/repo-files.js';
import { repodataCache, repodataRoom } from '../../src/predict/repodata-cache.js';
import { serveFolder } from '../proof/lab.js';
import { writeRepodata } from './repodata.js';
import { resolverRpm } from './universes.js';

let root: string;
let server: Awaited<ReturnType<typeof serveFolder>> & { asked?: readonly string[] };
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'crpm-official-'));
  server = await serveFolder(join(root, 'www'));
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const repoFile = (...entries: readonly string[]) => `repositories:\n${entries.map((entry) => `- ${entry}\n`).join('')}`;
const rule = (name: string) => `rpm(\n    name = "${name}",\n    sha256 = "${'a'.repeat(64)}",\n    urls = ["http://m/x.rpm"],\n)\n`;

function question(more: Partial<OfficialQuestion> = {}): OfficialQuestion {
  return {
    tree: join(root, 'tree'), repoFiles: ['rpm/repo-cs9.yaml'], stream: 9, arch: 'x86_64', signal: new AbortController().signal, cache: repodataCache(join(root, 'cache')),
    files: () => ({
      WORKSPACE: rule('passt-0__0.1__caret__2-1.el9.x86_64') + rule('qemu-img-17__10.1.0-25.el10.x86_64'),
      'rpm/BUILD.bazel': 'rpmtree(\n    name = "a_x86_64_cs9",\n    rpms = ["@passt-0__0.1__caret__2-1.el9.x86_64//rpm", "@gone-0__1-1.x86_64//rpm"],\n)\nrpmtree(\n    name = "a_x86_64_cs10",\n    rpms = ["@qemu-img-17__10.1.0-25.el10.x86_64//rpm"],\n)\n',
    }),
    ...more,
  };
}

const names = (official: { readonly repos: readonly { readonly rpms: readonly ReturnType<typeof resolverRpm>[] }[] }) => official.repos.map(({ rpms }) => rpms.map((rpm) => `${rpm.name}-${formatEvr(rpm)}`));

describe('what is known of the distribution', () => {
  const passt = resolverRpm({ name: 'passt', evr: '0:2-1.el9', requires: ['glibc'] });

  it('are the repositories of one architecture, in the order of the file, asked for once in a run', async () => {
    writeRepodata(join(root, 'www/one'), [passt, { ...passt, arch: 'aarch64' }]);
    writeRepodata(join(root, 'www/two'), [resolverRpm({ name: 'glibc', evr: '0:2.34-1.el9', arch: 'noarch' })]);
    const entry = (path: string, arch = 'x86_64', more = '') => `{ name: ${path}, arch: ${arch}, baseurl: "${server.base}/${path}/"${more} }`;
    write('tree/rpm/repo-cs9.yaml', repoFile(entry('two'), entry('one'), entry('three', 'aarch64'), entry('four', 'x86_64', ', disabled: true')));
    const loader = new OfficialLoader();
    const official = await loader.load(question());
    expect(official).toMatchObject({ complete: true, from: 'the repositories of rpm/repo-cs9.yaml' });
    expect(names(official)).toEqual([['glibc-0:2.34-1.el9'], ['passt-0:2-1.el9']]);
    await server.close();
    expect(await loader.load(question())).toBe(official);
  });

  it('a baseurl that is a path is a folder of the tree', async () => {
    writeRepodata(join(root, 'tree/rpm/mirror'), [passt]);
    write('tree/rpm/repo-cs9.yaml', repoFile('{ name: own, arch: x86_64, baseurl: rpm/mirror/ }'));
    const official = await new OfficialLoader().load(question());
    expect(official.complete).toBe(true);
    expect(names(official)).toEqual([['passt-0:2-1.el9']]);
  });

  it.each([9, 10])('the quickstart’s repository of stream %d is what its list says', async (stream) => {
    const tree = join(import.meta.dirname, '../../../../examples/quickstart/kubevirt');
    const official = await new OfficialLoader().load(question({ tree, stream, repoFiles: [`rpm/repo-cs${String(stream)}.yaml`] }));
    const listed = readFileSync(join(tree, `rpm/mirror/${String(stream)}.txt`), 'utf8').trim().split('\n').map((line) => line.split(' ', 2).join('-'));
    expect(names(official)).toEqual([listed]);
  });

  it('a primary that was fetched before is not fetched again, and one that was damaged is', async () => {
    writeRepodata(join(root, 'www/one'), [passt]);
    write('tree/rpm/repo-cs9.yaml', repoFile(`{ name: one, arch: x86_64, baseurl: "${server.base}/one" }`));
    await new OfficialLoader().load(question());
    const primary = join(root, 'www/one/repodata/primary.xml.gz');
    const [kept = ''] = readdirSync(join(root, 'cache/repodata'));
    rmSync(primary);
    expect(await new OfficialLoader().load(question())).toMatchObject({ complete: true });

    writeFileSync(join(root, 'cache/repodata', kept), 'damaged');
    expect(await new OfficialLoader().load(question())).toMatchObject({ complete: false, from: expect.stringContaining('cannot read') as string });
    writeRepodata(join(root, 'www/one'), [passt]);
    expect(await new OfficialLoader().load(question())).toMatchObject({ complete: true });
  });

  it('what is kept is a room of the cache like others', async () => {
    writeRepodata(join(root, 'www/one'), [passt]);
    write('tree/rpm/repo-cs9.yaml', repoFile(`{ name: one, arch: x86_64, baseurl: "${server.base}/one" }`));
    const room = repodataRoom(join(root, 'cache'));
    const { signal } = question();
    expect(await room.list(signal)).toEqual([]);
    await new OfficialLoader().load(question());
    const items = await room.list(signal);
    expect(items).toEqual([expect.objectContaining({ id: expect.stringMatching(/^[0-9a-f]{64}$/) as string })]);
    expect(await room.remove(items, signal)).toEqual(items.map(({ id }) => id));
    expect(existsSync(join(root, 'cache/repodata', items[0]?.id ?? ''))).toBe(false);
  });

  it.each([
    ['the server is down', repoFile('{ name: one, arch: x86_64, baseurl: "http://127.0.0.1:1/" }'), 'cannot read http://127.0.0.1:1/repodata/repomd.xml'],
    ['the file is no YAML', ':\n- [', 'rpm/repo-cs9.yaml is no list of repositories'],
    ['the file has no list', 'repositories: 3', 'rpm/repo-cs9.yaml is no list of repositories'],
    ['an entry has only a metalink', repoFile('{ name: one, arch: x86_64, metalink: "http://m/" }'), 'rpm/repo-cs9.yaml names a repository of x86_64 without a baseurl'],
    ['there is none of the architecture', repoFile('{ name: one, arch: s390x, baseurl: "http://m/" }'), 'rpm/repo-cs9.yaml name no repository of x86_64'],
    ['there is no such file', undefined, 'there is no rpm/repo-cs9.yaml'],
  ])('where %s, it is what the trees of that stream name now', async (_what, text, why) => {
    if (text !== undefined) write('tree/rpm/repo-cs9.yaml', text);
    const official = await new OfficialLoader().load(question());
    expect(official.complete).toBe(false);
    expect(official.from).toContain(`the rules of WORKSPACE, which have names and versions only (${why}`);
    expect(names(official)).toEqual([['passt-0:0.1^2-1.el9']]);
  });

  it('files that can not be read leave nothing', async () => {
    expect(await new OfficialLoader().load(question({ files: () => ({ WORKSPACE: 'rpm(', 'rpm/BUILD.bazel': '' }) }))).toMatchObject({ complete: false, repos: [] });
  });
});

describe('the repo files of a script', () => {
  const tree = (repoFiles: readonly string[]) => ({ name: 't', requests: [], basesystem: '', ignored: [], repoFiles });
  const which = { stream: 10, custom: 'crpm-repo.yaml' };

  it('are those that its calls name and the tree has, without ours and without what lies elsewhere', () => {
    write('tree/rpm/repo-cs10.yaml', '');
    write('tree/rpm/repo-virt-preview.yaml', '');
    write('secret.yaml', '');
    const calls = [tree(['crpm-repo.yaml', 'rpm/repo-virt-preview.yaml', '../secret.yaml']), tree(['rpm/repo-cs10.yaml', '_out/made.yaml', join(root, 'secret.yaml')])];
    expect(repoFilesOf(join(root, 'tree'), calls, which)).toEqual(['rpm/repo-virt-preview.yaml', 'rpm/repo-cs10.yaml']);
  });

  it('else the one of the stream', async () => {
    expect(repoFilesOf(join(root, 'tree'), [tree(['_out/made.yaml'])], which)).toEqual(['rpm/repo-cs10.yaml']);
    expect(await officialRepos(join(root, 'tree'), ['rpm/repo-cs10.yaml'], 'x86_64')).toBe('there is no rpm/repo-cs10.yaml');
  });
});
