/** Texts whose results are kept: both of KubeVirt's files as they are, as they were, and as they are to be, with some to spare. */
const KEPT = 8;

/**
 * The same function, which answers for the last few texts from memory. The checks of one run read the same few files over and over, and reading
 * 10,000 lines is most of what a hot swap does. The results are shared: none may ever be changed. What throws is not kept.
 */
export function remember<T>(read: (text: string, file: string) => T): (text: string, file: string) => T {
  const known = new Map<string, T>();
  return (text, file) => {
    // Read again under another name, a broken file would be told by the wrong one; a whole one says the same, so the text alone is the key.
    const result = known.get(text) ?? read(text, file);
    // Put last: the least recently used goes first.
    known.delete(text);
    known.set(text, result);
    const [oldest] = known.keys();
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
    return result;
  };
}
