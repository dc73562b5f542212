/** An id as a file name: what is not `[A-Za-z0-9._@-]` becomes `%XX` per byte, and so does a dot at the front. */
export function fileNameOf(id: string): string {
  return [...Buffer.from(id)]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      const plain = /[A-Za-z0-9._@-]/.test(char) && !(index === 0 && char === '.');
      return plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** Name of a node's log in the folder of a run. */
export function logFileName(id: string): string {
  return `${fileNameOf(id)}.log`;
}
