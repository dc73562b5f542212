import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLines, pages, parseCommandLine } from '../support/docs.js';
import { copyQuickstart, lacksBuildTools } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/** Those that the example can't show, and where they are tried instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'crpm init': 'cli-init.test.ts: here is a config already',
  'crpm verify --cluster': 'packages/pipeline/test/cluster: here is no cluster',
  'crpm run --engine kubernetes': 'test/real/kubernetes.test.ts: here is no cluster',
  'crpm doctor --engine kubernetes': 'test/real/kubernetes.test.ts: here is no cluster',
  'crpm run --profile full libvirt.rpmbuild': 'shared-store.test.ts: here is no registry to take it from, and it takes as long as the rest together',
  'crpm run libvirt.rpmbuild@aarch64': 'cli-matrix.test.ts: the example is of one architecture',
};

const rig = new CliRig();

/** What wants a browser, a terminal or a cluster, or goes on until Ctrl-C; each has tests of its own. */
const wantsMore = (line: string) => /^crpm (?:ui|watch|shell)\b|--open\b|--engine kubernetes\b/.test(line);

/** What takes things away comes last. */
const isEnd = (line: string) => /^crpm (?:revert|clean|serve --stop)\b/.test(line);

const lines = [...new Set(pages().flatMap(commandLines).map(({ text }) => text))].filter((line) => !(line in ELSEWHERE) && !wantsMore(line));

/** What stands for any run of crpm runs. */
function lastRun(): string {
  return readdirSync(join(rig.work, '.crpm/logs')).sort().at(-1) ?? '';
}

describe.skipIf(lacksBuildTools())('every command line of the docs works in the example', () => {
  beforeAll(() => {
    copyQuickstart(rig);
  });
  afterAll(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
  });

  test.each(['crpm run', ...lines.filter((line) => line !== 'crpm run' && !isEnd(line)), ...lines.filter(isEnd)])('%s', async (line) => {
    const { argv, env } = parseCommandLine(line.replace(/ RUN\b/, () => ` ${lastRun()}`));
    const { code, out, err } = await rig.crpm(argv, { env });
    expect([code, err], out).toEqual([0, expect.not.stringContaining('error:')]);
  });
});
