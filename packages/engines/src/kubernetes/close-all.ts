/** All at once, whatever becomes of the others; then fails with what the first of those that failed did. */
export async function closeAll(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const ended of await Promise.allSettled(steps.map((step) => step()))) if (ended.status === 'rejected') throw ended.reason;
}
