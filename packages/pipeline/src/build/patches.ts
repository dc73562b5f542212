/** A `PatchN:` of a spec. */
export interface SpecPatch {
  readonly number: number;
  /** File name, macros expanded. */
  readonly file: string;
}

const PATCH_TAG = /^Patch(\d*)\s*:\s*(\S+)/i;
/** `%patch3 -p1`, `%patch -P3 -p1`, `%patch -P 3`, `%patch 3`, `%{PATCH3}` on a line of its own command. */
const APPLIES = /^\s*%\{?patch\s*(?:-P\s*)?(\d+)/i;

/** The patches that an expanded spec (`rpmspec -P`) names, in its order. A tag without a number counts on from the one before, as in rpm. */
export function specPatches(expanded: string): readonly SpecPatch[] {
  const patches: SpecPatch[] = [];
  for (const line of expanded.split('\n')) {
    const match = PATCH_TAG.exec(line);
    if (!match) continue;
    const number = match[1] ? Number(match[1]) : (patches.at(-1)?.number ?? -1) + 1;
    patches.push({ number, file: (match[2] ?? '').split('/').at(-1) ?? '' });
  }
  return patches;
}

/** The spec without the patches of these numbers: neither their tags nor the lines that apply them one by one. What stays keeps its number, which a tag without one has by those before it. */
export function dropPatches(spec: string, numbers: ReadonlySet<number>): string {
  let last = -1;
  let moved = false;
  return spec
    .split('\n')
    .flatMap((line) => {
      const tag = PATCH_TAG.exec(line);
      if (tag) {
        last = tag[1] ? Number(tag[1]) : last + 1;
        if (!numbers.has(last)) return [tag[1] || !moved ? line : line.replace(/^patch/i, `$&${String(last)}`)];
        moved = true;
        return [];
      }
      const applies = APPLIES.exec(line);
      return applies && numbers.has(Number(applies[1])) ? [] : [line];
    })
    .join('\n');
}

/** How many leading folders the spec strips from the names in its patches (`-p1`). */
export function stripLevel(spec: string): number {
  const level = /^\s*%(?:autosetup|autopatch|patch)\b.*?\s-p\s*(\d+)/m.exec(spec)?.[1] ?? /^\s*%patch\d+\s.*?-p\s*(\d+)/m.exec(spec)?.[1];
  return level === undefined ? 1 : Number(level);
}

/** Marks a tree that already holds the distribution's patches. */
export const DOWNSTREAM_MARKER = 'configs/devices/x86_64-softmmu/x86_64-rh-devices.mak';

export type PatchDecision =
  /** These stay in the spec. */
  | { readonly kind: 'decided'; readonly keep: ReadonlySet<number> }
  /** Keep all if all apply to the tree, else ask. */
  | { readonly kind: 'try' };

/** What `patches` of the config means for this tree. `version` is the tree's `VERSION`, if it has one. */
export function decidePatches(
  setting: 'auto' | 'keep' | 'drop' | readonly string[],
  patches: readonly SpecPatch[],
  tree: { readonly downstream: boolean; readonly version: string | undefined; readonly specVersion: string },
): PatchDecision {
  const all = new Set(patches.map((patch) => patch.number));
  if (typeof setting === 'object') return { kind: 'decided', keep: new Set(patches.filter((patch) => setting.includes(patch.file)).map((patch) => patch.number)) };
  if (patches.length === 0 || setting === 'keep') return { kind: 'decided', keep: all };
  if (setting === 'drop' || tree.downstream) return { kind: 'decided', keep: new Set() };
  return tree.version === tree.specVersion ? { kind: 'decided', keep: all } : { kind: 'try' };
}
