import type { Input } from '@crpm/core';

/** How many changes a reason names before it only counts them. */
const NAMED = 5;

/**
 * Why a node with these dependencies is not the one that was recorded with those: the changes, at most five by name, and how many more.
 * `profile: "dev" → "full"`, `spec/a.spec changed`, `need base changed`.
 */
export function difference(recorded: readonly Input[], now: readonly Input[]): string {
  const before = byName(recorded);
  const after = byName(now);
  const changes: string[] = [];
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old !== value) changes.push(change(name, old, value));
  }
  for (const name of before.keys()) if (!after.has(name)) changes.push(`${title(name)} gone`);
  const more = changes.length - NAMED;
  return changes.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
}

function change(name: string, old: string | undefined, value: string): string {
  if (name.startsWith('need/')) return `need ${name.slice('need/'.length)} changed`;
  if (old === undefined) return `${title(name)} new`;
  return isDigest(old) || isDigest(value) ? `${title(name)} changed` : `${title(name)}: ${old} → ${value}`;
}

function title(name: string): string {
  if (name.startsWith('need/')) return `need ${name.slice('need/'.length)}`;
  return name.replace(/^(param|option)\//, '');
}

/** Digests tell people nothing; a name and "changed" does. */
function isDigest(value: string): boolean {
  return /^(?:[a-z0-9]+:)?[0-9a-f]{32,}$/.test(value) || value.length > 120;
}

/** Inputs that share a name count as one list. */
function byName(inputs: readonly Input[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const { name, value } of inputs) {
    const other = result.get(name);
    result.set(name, other === undefined ? value : `${other}, ${value}`);
  }
  return result;
}
