import { parseSize } from '@crpm/core';

/** Bytes of a size as the schema lets it through. */
export function toBytes(size: number | string): number {
  return typeof size === 'number' ? size : (parseSize(size) ?? 0);
}
