import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { bytesOf, type BytePath } from '@crpm/archive';
import fc from 'fast-check';

const NASTY = ['-rf', '--help', ' ', '\n', '"', "'", '$(touch x)', '`id`', ';', '\\', '*', '?[a]', ':(exclude)a', 'é', '\xff\xfe', '\xc3', 'a\tb', '~', '#', '.gitignore ', '\x7f\x01', 'n'.repeat(255)];
const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
const component = fc
  .oneof(
    fc.constantFrom(...NASTY),
    fc.array(byte, { minLength: 1, maxLength: 255 }).map((bytes) => String.fromCharCode(...bytes)),
  )
  .filter((name) => name !== '.' && name !== '..' && !name.toLowerCase().startsWith('.git') && !/^git~/i.test(name));
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

export interface AnyEntry {
  readonly path: BytePath;
  readonly link: boolean;
  /** Of the file, or the target of the link. */
  readonly content: string;
}

/** Trees with names of any bytes: paths none of which lies below another. */
export const tree: fc.Arbitrary<readonly AnyEntry[]> = fc
  .uniqueArray(fc.record({ path, link: fc.boolean(), content: component }), { selector: (entry) => entry.path, minLength: 1, maxLength: 8 })
  .filter((entries) => entries.every((one) => entries.every((other) => !other.path.startsWith(`${one.path}/`))));

export function writeAnyTree(dir: string, entries: readonly AnyEntry[]): void {
  for (const entry of entries) {
    mkdirSync(absolute(dir, entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')))), { recursive: true });
    if (entry.link) symlinkSync(Buffer.from(entry.content, 'latin1'), absolute(dir, entry.path));
    else writeFileSync(absolute(dir, entry.path), entry.content, 'latin1');
  }
}

const absolute = (dir: string, path: BytePath) => Buffer.from(`${bytesOf(dir)}/${path}`, 'latin1');
