/**
 * The list with these ids, which stand in `source`, each beside its old neighbour: behind the nearest one before it that is there. What stands at the end of
 * `source` stands at the end, and what is no rule keeps its order.
 */
export function placed(list: readonly string[], added: readonly string[], source: readonly string[], isOutside: (id: string) => boolean): readonly string[] {
  const result = [...list];
  const pending = new Set(added);
  for (const [at, id] of source.entries()) {
    if (!pending.has(id)) continue;
    result.splice(placeOf(at, result, source, pending, isOutside), 0, id);
    pending.delete(id);
  }
  return result;
}

/** Index in `list` before which the id at `at` goes. */
function placeOf(at: number, list: readonly string[], source: readonly string[], pending: ReadonlySet<string>, isOutside: (id: string) => boolean): number {
  const index = new Map(list.map((id, i) => [id, i]));
  const above = source.slice(0, at).reverse();
  const below = source.slice(at + 1).filter((id) => !pending.has(id));
  const indexOf = (id: string | undefined) => (id === undefined ? undefined : index.get(id));
  const mark = (ids: readonly string[]) => indexOf(ids.find((id) => isOutside(id) && index.has(id)));
  const [first, last] = [mark(above) ?? 0, mark(below) ?? list.length - 1];
  const fits = (place: number | undefined) => place !== undefined && place > first && place <= last;
  const behind = (id: string | undefined) => (indexOf(id) ?? -Infinity) + 1;
  const next = indexOf(below[0]);
  if (next === list.length - 1) return next;
  if (fits(behind(above[0]))) return behind(above[0]);
  if (next !== undefined && fits(next)) return next;
  const neighbour = above.find((id) => index.has(id) && fits(behind(id)));
  return neighbour === undefined ? last : behind(neighbour);
}
