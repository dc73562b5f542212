const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** How much everything that grows may take together, unless the config says otherwise: 20 GiB, in bytes. */
export const DEFAULT_CACHE_SIZE = 20 * 1024 ** 3;

/** Bytes of `20GiB`, `512MiB` or a plain number of bytes; nothing for anything else. */
export function parseSize(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(0|[1-9]\d{0,14})(KiB|MiB|GiB|TiB)?$/.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit] ?? 1);
  return number !== '' && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For people: `0 B`, `812 MiB`, `2.4 GiB`. */
export function formatSize(bytes: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, least]) => bytes >= least) ?? ['B', 1];
  const number = bytes / size;
  return `${number < 10 && unit !== 'B' ? number.toFixed(1) : String(Math.round(number))} ${unit}`;
}
