/** Reading what a cluster sent, which may be anything. */

type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field below a field of what kubectl printed as JSON. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((below, key) => (isObject(below) && Object.hasOwn(below, key) ? below[key] : undefined), value);
}

/** The same, where only text will do. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The same for a list; an empty one where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}
