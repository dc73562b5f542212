import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareEvr, parseEvr } from '@crpm/rpm';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacksBuildTools, outcomes, stateOf, tinyProject, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

describe.skipIf(lacksBuildTools())('release: unique', () => {
  let rig: CliRig;
  beforeEach(() => {
    rig = new CliRig();
  });
  afterEach(() => {
    rig.remove();
  });

  /** EVR of the one RPM of a package, from its header. */
  async function evrOf(node: string): Promise<string> {
    const results = join(stateOf(rig).dir, 'results', node);
    return (await execa('sh', ['-c', 'rpm -qp --qf "%{EPOCHNUM}:%{VERSION}-%{RELEASE}" "$1"/*/*.rpm', 'sh', results])).stdout;
  }

  test.each(['dev', 'full'])('a build in %s gets a suffix of its own, keeps it while nothing changes, and the next one sorts above', async (profile) => {
    const files = tinyProject(tinySpec());
    rig.write({
      ...files,
      'custom-rpms.config.yaml': `release: unique\nbuild: { profile: ${profile} }\n${files['custom-rpms.config.yaml'] ?? ''}  other: { dir: other-tree, spec: { dir: other-git } }\n`,
      'other-tree/text': 'other\n',
      'other-git/other.spec': tinySpec({ name: 'other' }),
    });
    const build = () => rig.crpm(['run', 'tiny.rpmbuild', 'other.rpmbuild']);
    expect(await build()).toMatchObject({ code: 0, err: '' });
    const [first, other] = [await evrOf('tiny.rpmbuild'), await evrOf('other.rpmbuild')];
    expect(first).toMatch(/^0:1\.0-1\.\w+\.crpmu\d{17}$/);
    expect(other).not.toBe(first);

    expect(outcomes((await build()).out)).toMatchObject({ 'tiny.buildroot': 'fresh', 'tiny.rpmbuild': 'fresh', 'other.rpmbuild': 'fresh' });
    expect(await evrOf('tiny.rpmbuild')).toBe(first);

    rig.write({ 'tree/text': 'another text\n' });
    expect(outcomes((await build()).out)).toMatchObject({ 'tiny.buildroot': 'fresh', 'tiny.rpmbuild': 'ran', 'other.rpmbuild': 'fresh' });
    const second = await evrOf('tiny.rpmbuild');
    expect(compareEvr(parseEvr(second)!, parseEvr(first)!)).toBe(1); // rpm gave them
    expect(await evrOf('other.rpmbuild')).toBe(other);
    expect(readFileSync(join(stateOf(rig).dir, 'unique-release'), 'utf8')).toMatch(/^\d+\n$/);
  });
});
