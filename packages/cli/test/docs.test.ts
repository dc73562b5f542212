import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CommanderError, type Command } from 'commander';
import { load } from 'js-yaml';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '@crpm/config';
import { formatDiagnostic } from '@crpm/core';
import { anchors, commandLines, configs, events, links, pages, parseCommandLine, spokenCommands, yamls, type Example } from '../../../test/support/docs.js';
import eventSchema from '../../../schemas/event.schema.json' with { type: 'json' };
import { ComplaintsError } from '../src/complaints.js';
import { program } from '../src/program.js';
import { recordedIo } from './io.js';

const validateEvent = new Ajv2020({ strict: true }).compile(eventSchema);
const REPOSITORY = join(import.meta.dirname, '../../..');
const all = (of: (page: ReturnType<typeof pages>[number]) => readonly Example[]) => pages().flatMap((page) => of(page).map(({ at, text }) => [at, text] as const));

/** The real commands, all that they would do taken away: only whether they can be typed so. */
function parser(): Command {
  const root = program({ io: recordedIo().io, version: '1', code: 0 });
  const still = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(still);
  };
  still(root);
  return root;
}

test.each(all(configs))('the config at %s is one', async (_at, text) => {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'custom-rpms.config.yaml'), text);
  const loaded = await loadConfig({ cwd: folder, env: {}, machine: 'x64' });
  expect((loaded.ok ? loaded.value.warnings : loaded.error).map(formatDiagnostic)).toEqual([]);
});

test.each(all(yamls))('the YAML at %s is YAML', (_at, text) => {
  expect(load(text)).toBeTypeOf('object');
});

test.each(all(events))('the event at %s is one', (_at, line) => {
  const event: unknown = JSON.parse(line);
  expect(validateEvent(event) || [event, validateEvent.errors]).toBe(true);
});

test('an example that is looked for is found', () => {
  expect([configs, events, commandLines].map((of) => all(of).length > 4)).toEqual([true, true, true]);
});

/** What the parser has against a command line; nothing if it can be typed so. */
async function objection(line: string): Promise<string | undefined> {
  try {
    await parser().parseAsync(parseCommandLine(line.replace('FACE', 'plain').replace(/ N$/, ' 30000')).argv, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof CommanderError ? error.code : error instanceof ComplaintsError ? error.message : Promise.reject(error as Error);
  }
}

test.each(all(commandLines))('%s: %s can be typed', async (_at, line) => {
  expect(await objection(line)).toBeUndefined();
});

test.each(all(spokenCommands))('%s: there is %s', async (_at, line) => {
  // Where a command is spoken of, its arguments may be left out; one that has further ones prints its help.
  expect([undefined, 'commander.missingArgument', 'commander.help', 'commander.helpDisplayed', 'commander.version']).toContain(await objection(line));
});

test.each(all(links))('the link at %s to %s leads somewhere', (at, link) => {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? join(REPOSITORY, at.replace(/:\d+$/, '')) : join(REPOSITORY, dirname(at), path);
  expect(existsSync(file)).toBe(true);
  if (anchor !== undefined) expect(anchors(readFileSync(file, 'utf8'))).toContain(anchor);
});

const sourcePaths = pages().flatMap(({ path, text }) => [...text.matchAll(/`([a-z]+\/src\/[\w./-]+)`/g)].map(([, source = '']) => [path, source] as const));

test.each(sourcePaths)('%s names packages/%s, which is there', (_page, source) => {
  expect(existsSync(join(REPOSITORY, 'packages', source))).toBe(true);
});

test('every command has its row, and there is no row without a command', () => {
  const table = readFileSync(join(REPOSITORY, 'docs/commands.md'), 'utf8');
  const cells = [...table.matchAll(/^\| (`crpm .*?) \| /gm)].map(([, cell = '']) => cell);
  const rows = new Set(cells.flatMap((cell) => [...cell.matchAll(/`crpm ([a-z]+)/g)].map(([, name]) => name)));
  const root = parser();
  const visible = root.createHelp().visibleCommands(root).map((command) => command.name()).filter((name) => name !== 'help');
  expect([...rows].sort()).toEqual(visible.sort());
});

test('the README stays short', () => {
  expect(readFileSync(join(REPOSITORY, 'README.md')).length).toBeLessThan(9 * 1024);
});
