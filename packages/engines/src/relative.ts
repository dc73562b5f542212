/** Checks a path that crpm's own code gave relative to a work's root; anything else is a bug, not bad input. */
export function relativePath(path: string): string {
  if (path.startsWith('/') || path.includes('\0') || path.split('/').includes('..')) throw new Error(`a path inside the work folder was wanted: ${JSON.stringify(path)}`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '.' : parts.join('/');
}
