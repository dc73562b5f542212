import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requireWhole } from '../../src/kubevirt/require-whole.js';
import { rulesByKey } from '../../src/kubevirt/rules.js';
import { takeBack } from '../../src/kubevirt/take-back.js';
import { nextUndo, type UndoRecord } from '../../src/kubevirt/undo.js';
import type { Yielded, YieldedPath } from '../../src/kubevirt/yielded-files.js';

const PATHS = ['WORKSPACE', 'rpm/BUILD.bazel'] as const;

const rpm = (name: string, value = 'a') => `rpm(\n    name = "${name}",\n    sha256 = "${value.repeat(64)}",\n    urls = ["http://x/${name}"],\n)`;
const tree = (name: string, value = 'a') => `rpmtree(\n    name = "${name}",\n    rpms = ["//mine:${value}"],\n)`;
const ruleOf = (path: YieldedPath) => (path === 'WORKSPACE' ? rpm : tree);
const keyOf = (path: YieldedPath, name: string) => `${path === 'WORKSPACE' ? 'rpm' : 'rpmtree'} ${name}`;
const both = (one: (path: YieldedPath) => string): Yielded => ({ WORKSPACE: one('WORKSPACE'), 'rpm/BUILD.bazel': one('rpm/BUILD.bazel') });
const file = (...parts: readonly string[]) => `${parts.join('\n\n')}\n`;

/** A revert as it is landed: checked before. */
function back(record: UndoRecord, current: Yielded) {
  const taken = takeBack(record, current);
  requireWhole(record, current, taken);
  return taken;
}

describe.each(PATHS)('%s, after a run whose resolver sorted its rules, and an edit of the user’s', (path) => {
  const rule = ruleOf(path);
  const heads = ['load("//a:b.bzl", "b")', 'load("//c:d.bzl", "d")'];
  const before = file(...heads, `# the first\n${rule('z9')}`, rule('m9'), '# older', rule('a9'), rule('z10'), rule('m10'));
  const written = file(...heads, '# older', rule('a9'), rule('m10'), rule('m9-new'), `# the first\n${rule('z9')}`, rule('z9-new'));
  const record = nextUndo(undefined, both((one) => (one === path ? before : '')), both((one) => (one === path ? written : '')));
  const revert = (edit: (text: string) => string) => back(record, both((one) => (one === path ? edit(written) : ''))).files[path];
  const LOAD = 'load("//foo:bar.bzl", "bar")\n\nbar()\n';

  test.each([
    ['none: byte for byte', (text: string) => text],
    ['appended statements', (text: string) => text + LOAD],
    ['appended statements behind a blank line', (text: string) => `${text}\n${LOAD}`],
    ['an appended comment', (text: string) => `${text}# mine\n`],
    ['statements at the beginning', (text: string) => `${LOAD}\n${text}`],
    ['another head', (text: string) => text.replace('"d")', '"d", "e")')],
    ['a head less', (text: string) => text.replace(`${heads[1] ?? ''}\n\n`, '')],
    ['one more head', (text: string) => text.replace(heads[0] ?? '', `${heads[0] ?? ''}\n${LOAD}`)],
    ['one more blank line', (text: string) => text.replace(heads[0] ?? '', `${heads[0] ?? ''}\n`)],
    ['another comment above a rule', (text: string) => text.replace('# the first', '# the first\n# and best')],
    ['a comment behind a rule', (text: string) => text.replace(rule('z9'), `${rule('z9')}  # mine`)],
    ['a rule that crpm left alone', (text: string) => text.replace(rule('a9'), rule('a9', 'f'))],
    ['no comment', (text: string) => text.replace('# older\n\n', '')],
  ])('%s: only that edit differs from the original', (_name, edit) => {
    expect(revert(edit)).toBe(edit(before));
  });

  test('what was written beside a rule that goes stays, on lines of its own', () => {
    const lines = (text: string) => text.split('\n').filter((line) => line !== '');
    const text = revert((old) => old.replace(rule('z9-new'), `# above\n${rule('z9-new')}  # behind`));
    expect(lines(text).filter((line) => !['# above', '# behind'].includes(line))).toEqual(lines(before));
    expect(lines(text)).toContain('# above');
    expect(lines(text)).toContain('# behind');
  });

  test('a rule of the user’s own stays beside its old neighbour', () => {
    const mine = `\n\n${rule('mine', 'b')}`;
    const edit = (text: string) => text.replace(rule('a9'), rule('a9') + mine);
    expect(revert(edit)).toBe(edit(before));
  });

  test('what does not hold the rules that it should is refused as a bug', () => {
    const good = takeBack(record, record.written);
    const bad = (text: string) => () => { requireWhole(record, record.written, { ...good, files: { ...good.files, [path]: text } }); };
    expect(bad(before)).not.toThrow();
    for (const text of [before.replace(rule('m9'), ''), before.replace(rule('m9'), rule('m9', 'c')), before + rule('more'), before.replace(heads[0] ?? '', ''), `${before})`]) expect(bad(text)).toThrow(/nothing was written/);
  });
});

interface Item {
  /** Of a rule its name; of a text nothing. */
  readonly name?: string;
  readonly value: string;
  readonly lead?: string;
}
type Edit = { readonly at: number } & ({ readonly text: string; readonly gaps: readonly [string, string] } | { readonly drop: true } | { readonly value: string });

const print = (path: YieldedPath, items: readonly Item[]) => file(...items.map((item) => textOf(path, item)));
const textOf = (path: YieldedPath, { name, value, lead }: Item) => (name === undefined ? value : `${lead ? `${lead}\n` : ''}${ruleOf(path)(name, value)}`);

const text = (prefix: string) => fc.tuple(fc.nat(9999), fc.constantFrom('comment', 'load', 'call')).map(([n, kind]) => (kind === 'comment' ? `# ${prefix} ${n}` : kind === 'load' ? `load("//${prefix}:${n}.bzl", "x")` : `${prefix}_${n}(\n    list = [\n        ")",\n    ],\n)`));
const VALUES = ['a', 'b', 'c'] as const;
const originals = fc
  .tuple(
    fc.uniqueArray(fc.record({ name: fc.constantFrom(...'abcdefghij'), value: fc.constantFrom(...VALUES), lead: fc.option(fc.nat(99).map((n) => `# lead ${n}`), { nil: '' }) }), { selector: ({ name }) => name, maxLength: 8 }),
    fc.uniqueArray(text('old'), { maxLength: 4 }),
    fc.infiniteStream(fc.nat(20)),
  )
  .map(([rules, texts, places]) => {
    const items: Item[] = [...rules];
    for (const value of texts) items.splice((places.next().value ?? 0) % (items.length + 1), 0, { value });
    return items;
  });
const rewrites = fc.record({
  drop: fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 4 }),
  change: fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 4 }),
  add: fc.uniqueArray(fc.constantFrom('a1', 'c1', 'e1', 'z1'), { maxLength: 4 }),
  sort: fc.constantFrom('kept', 'all', 'reversed'),
});
const edits = fc.array(
  fc.oneof(
    fc.record({ at: fc.nat(40), text: text('mine'), gaps: fc.tuple(fc.constantFrom('\n', '\n\n'), fc.constantFrom('\n', '\n\n')) }),
    fc.record({ at: fc.nat(40), drop: fc.constant(true as const) }),
    fc.record({ at: fc.nat(40), value: fc.constantFrom('d', 'e') }),
  ),
  { maxLength: 4 },
);

/** What a resolver makes of a file: other rules, in another order, the text between them as it was. */
function resolved(items: readonly Item[], { drop, change, add, sort }: { drop: readonly string[]; change: readonly string[]; add: readonly string[]; sort: string }): readonly Item[] {
  const made = items.filter(({ name }) => name === undefined || !drop.includes(name)).map((item) => (item.name !== undefined && change.includes(item.name) ? { ...item, value: '9' } : item));
  const all = [...made, ...add.map((name) => ({ name, value: '9' }))];
  if (sort === 'kept') return all;
  const rules = all.filter(({ name }) => name !== undefined).sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '') * (sort === 'all' ? 1 : -1));
  return [...all.filter(({ name }) => name === undefined), ...rules];
}

/** A file after the user's edits, and what they were. */
function edited(path: YieldedPath, items: readonly Item[], list: readonly Edit[]) {
  const parts = items.map((item) => ({ item, gap: '\n\n', text: textOf(path, item) }));
  const [inserted, dropped, values] = [[] as string[], [] as string[], new Map<string, string>()];
  for (const edit of list) {
    const at = edit.at % (parts.length + 1);
    const part = parts[at];
    if ('text' in edit) {
      if ([...inserted, ...items.map(({ value }) => value)].includes(edit.text)) continue;
      inserted.push(edit.text);
      parts.splice(at, 0, { item: { value: edit.text }, gap: edit.gaps[0], text: edit.text });
      if (part) part.gap = edit.gaps[1];
    } else if (part && 'drop' in edit && part.item.name === undefined && !inserted.includes(part.text)) {
      dropped.push(part.text);
      parts.splice(at, 1);
    } else if (part?.item.name !== undefined && 'value' in edit) {
      values.set(keyOf(path, part.item.name), edit.value);
      part.item = { ...part.item, value: edit.value };
      part.text = textOf(path, part.item);
    }
  }
  return { text: `${parts.map(({ gap, text: body }, index) => (index === 0 ? '' : gap) + body).join('')}\n`, inserted, dropped, values, outside: parts.map(({ item }) => item).filter(({ name }) => name === undefined) };
}

const linesOf = (value: string) => value.split('\n').filter((line) => line.trim() !== '');

test('whatever was in the file, the resolver made of it and the user edited: a revert gives the original with the edits, and a second one nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), originals, rewrites, edits, (path, original, rewrite, list) => {
      const before = print(path, original);
      const result = resolved(original, rewrite);
      const written = print(path, result);
      const user = edited(path, result, list);
      const record = nextUndo(undefined, both((one) => (one === path ? before : '')), both((one) => (one === path ? written : '')));
      const current = both((one) => (one === path ? user.text : ''));
      const { files, kept, left } = back(record, current);
      if (list.length === 0) expect(files[path]).toBe(before);

      // Each rule: where the user edited it theirs, else as before the run.
      const [old, now, made] = [before, files[path], user.text].map((value) => rulesByKey(path, value)) as [ReturnType<typeof rulesByKey>, ReturnType<typeof rulesByKey>, ReturnType<typeof rulesByKey>];
      for (const key of new Set([...old.keys(), ...now.keys(), ...made.keys()])) expect(now.get(key)?.text).toBe((user.values.has(key) ? made : old).get(key)?.text);
      for (const key of kept) expect(user.values.has(key)).toBe(true);
      // All rules of the original in its order, and between them its text, but what the user took out; besides, what they wrote.
      const theirs = new Set(user.inserted.flatMap(linesOf));
      const added = [...now.values()].filter(({ key }) => !old.has(key)).map((rule) => rule.text);
      const rest = added.reduce((value, rule) => value.replace(rule, ''), files[path]);
      const wanted = [...old.keys()].reduce((value, key) => value.replace(old.get(key)?.text ?? '', () => now.get(key)?.text ?? ''), user.dropped.reduce((value, gone) => `\n${value}`.replace(`\n${gone}\n`, '\n'), before));
      expect(linesOf(rest).filter((line) => !theirs.has(line))).toEqual(linesOf(wanted).filter((line) => !theirs.has(line)));
      for (const one of user.inserted) expect(`\n${files[path]}`).toContain(`\n${one}\n`);

      const again = left ? back(left, files) : undefined;
      expect(again?.files ?? files).toEqual(files);
      expect(again?.restored ?? []).toEqual([]);
      expect([...(again?.kept ?? [])].sort()).toEqual([...kept].sort());
    }),
    { numRuns: 1500 },
  );
});

test('likewise over several runs with edits between', () => {
  const rounds = fc.array(fc.tuple(rewrites, edits.map((list) => list.filter((edit) => 'text' in edit))), { minLength: 2, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...PATHS), originals, rounds, (path, original, steps) => {
      const state = (value: string) => both((one) => (one === path ? value : ''));
      const before = print(path, original);
      let record: UndoRecord | undefined;
      let current = before;
      const inserted: string[] = [];
      let outside: readonly Item[] | undefined;
      for (const [index, [rewrite, list]] of steps.entries()) {
        // A run asks the resolver about the user's file as if crpm had never run: for the original rules, with the text between them as it is now.
        const result = outside ? [...outside, ...resolved(original, rewrite).filter(({ name }) => name !== undefined)] : resolved(original, rewrite);
        const written = print(path, result);
        record = nextUndo(record, state(current), state(written));
        const edit = edited(path, result, list.map((one) => ('text' in one ? { ...one, text: one.text.replaceAll('mine', `mine${index}`) } : one)));
        inserted.push(...edit.inserted);
        ({ text: current, outside } = edit);
      }
      const { files } = back(record ?? { before: state(''), written: state('') }, state(current));
      const theirs = new Set(inserted.flatMap(linesOf));
      expect(linesOf(files[path]).filter((line) => !theirs.has(line))).toEqual(linesOf(before).filter((line) => !theirs.has(line)));
      for (const one of inserted) expect(`\n${files[path]}`).toContain(`\n${one}\n`);
    }),
    { numRuns: 300 },
  );
});
