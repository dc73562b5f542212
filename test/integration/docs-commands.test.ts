import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLines, pages, parseCommandLine } from '../support/docs.js';
import { copyQuickstart, lacksBuildTools } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/** Those that the example can't show, and where they are tried instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'crpm init': 'cli-init.test.ts: here is a config already',
  'crpm verify --cluster': 'packages/pipeline/test/cluster: here is no cluster',
  'crpm run libvirt.rpmbuild@aarch64': 'cli-matrix.test.ts: the example is of one architecture',
};

/** What takes things away comes last. */
const isEnd = (line: string) => /^crpm (?:revert|clean|serve --stop)\b/.test(line);

const lines = [...new Set(pages().flatMap(commandLines).map(({ text }) => text))].filter((line) => !(line in ELSEWHERE));

describe.skipIf(lacksBuildTools())('every command line of the docs works in the example', () => {
  const rig = new CliRig();
  beforeAll(() => {
    copyQuickstart(rig);
  });
  afterAll(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
  });

  test.each(['crpm run', ...lines.filter((line) => line !== 'crpm run' && !isEnd(line)), ...lines.filter(isEnd)])('%s', async (line) => {
    const { argv, env } = parseCommandLine(line);
    const { code, out, err } = await rig.crpm(argv, { env });
    expect([code, err], out).toEqual([0, expect.not.stringContaining('error:')]);
  });
});
