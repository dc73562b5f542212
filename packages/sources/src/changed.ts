import { FailureError } from '@crpm/core';
import { printable, type BytePath } from '@crpm/archive';

/** The tree was not still. The caller may begin once more, from a new manifest. */
export function changedWhileReading(path: BytePath): FailureError {
  return new FailureError({
    class: 'source',
    message: `changed while reading: ${printable(path)}`,
    next: 'Run again when nothing writes to the tree.',
  });
}
