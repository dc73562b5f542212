/** How much of each of several logs is kept where `total` bytes are there for all: small ones whole, and of those that are larger the same for each. In the order given. */
export function allot(sizes: readonly number[], total: number): readonly number[] {
  let left = total;
  let open = sizes.length;
  let bound = Infinity;
  for (const size of sizes.toSorted((one, other) => one - other)) {
    const fair = left / open;
    if (size > fair) {
      bound = Math.floor(fair);
      break;
    }
    left -= size;
    open--;
  }
  return sizes.map((size) => Math.min(size, bound));
}
