import { fail } from '@crpm/core';

/** First bytes of a header section: magic and version 1. */
const MAGIC = 0x8eade801;
export const INTRO_SIZE = 16;
const ENTRY_SIZE = 16;

/** Far above any real RPM (a kernel's header has about 100 entries, 5 MB), far below what would hurt. rpm's own limits are 65,535 and 256 MiB. */
const MAX_ENTRIES = 0xffff;
const MAX_DATA = 64 * 1024 * 1024;
/** Values of one tag; the largest packages have some 100,000 files. */
const MAX_COUNT = 2_000_000;

/** How many bytes follow the 16 of an intro: the index entries, then their data. */
export interface SectionSize {
  readonly entries: number;
  readonly data: number;
}

/** Types of values in an index entry. */
const TYPE = { int8: 2, int16: 3, int32: 4, int64: 5, string: 6, bytes: 7, stringArray: 8, i18nString: 9 } as const;

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** Reads the intro of a section. `file` is for the message only. */
export function readIntro(bytes: Buffer, what: string, file: string): SectionSize {
  if (bytes.length < INTRO_SIZE) corrupt(file, `it ends inside the ${what}`);
  if (bytes.readUInt32BE(0) !== MAGIC) corrupt(file, `the ${what} does not begin with the magic of an RPM header`);
  const entries = bytes.readUInt32BE(8);
  const data = bytes.readUInt32BE(12);
  if (entries > MAX_ENTRIES || data > MAX_DATA) corrupt(file, `the ${what} claims ${entries} entries and ${data} bytes`);
  return { entries, data };
}

export function sectionLength(size: SectionSize): number {
  return size.entries * ENTRY_SIZE + size.data;
}

/**
 * The values of one header section by tag. Every offset and count is checked against the section before a value is read, so hostile
 * numbers cost neither memory nor a crash. Throws a `FailureError` that names the file.
 */
export class Section {
  readonly #entries = new Map<number, Entry>();
  readonly #data: Buffer;
  readonly #file: string;

  /** `bytes`: exactly what follows the intro, {@link sectionLength} long. */
  constructor(bytes: Buffer, size: SectionSize, file: string) {
    this.#file = file;
    this.#data = bytes.subarray(size.entries * ENTRY_SIZE);
    for (let i = 0; i < size.entries; i++) {
      const at = i * ENTRY_SIZE;
      const tag = bytes.readUInt32BE(at);
      const entry = { type: bytes.readUInt32BE(at + 4), offset: bytes.readUInt32BE(at + 8), count: bytes.readUInt32BE(at + 12) };
      // Every value has at least one byte, so a count beyond the data is a lie whatever the type.
      if (entry.offset > this.#data.length || entry.count > Math.min(this.#data.length, MAX_COUNT)) {
        corrupt(file, `tag ${tag} points outside of the header`);
      }
      this.#entries.set(tag, entry);
    }
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** The first string of a tag (an internationalised one: that of locale C); nothing if the tag is not there. */
  string(tag: number): string | undefined {
    return this.#strings(tag, 1)?.[0];
  }

  /** All strings of a tag; empty if the tag is not there. */
  strings(tag: number): readonly string[] {
    return this.#strings(tag) ?? [];
  }

  /** The first number of a tag; nothing if the tag is not there. */
  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  /** All numbers of a tag, unsigned; empty if the tag is not there. */
  numbers(tag: number): readonly number[] {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return [];
    const width = { [TYPE.int8]: 1, [TYPE.int16]: 2, [TYPE.int32]: 4, [TYPE.int64]: 8 }[entry.type];
    if (width === undefined) corrupt(this.#file, `tag ${tag} is no number`);
    if (entry.offset + entry.count * width > this.#data.length) corrupt(this.#file, `tag ${tag} points outside of the header`);
    const values: number[] = [];
    for (let i = 0; i < entry.count; i++) {
      const at = entry.offset + i * width;
      values.push(width === 8 ? Number(this.#data.readBigUInt64BE(at)) : this.#data.readUIntBE(at, width));
    }
    return values;
  }

  /** The bytes of a binary tag; nothing if the tag is not there. */
  bytes(tag: number): Buffer | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    if (entry.type !== TYPE.bytes) corrupt(this.#file, `tag ${tag} is not binary`);
    if (entry.offset + entry.count > this.#data.length) corrupt(this.#file, `tag ${tag} points outside of the header`);
    return this.#data.subarray(entry.offset, entry.offset + entry.count);
  }

  #strings(tag: number, limit = Infinity): readonly string[] | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    const { type } = entry;
    if (type !== TYPE.string && type !== TYPE.stringArray && type !== TYPE.i18nString) corrupt(this.#file, `tag ${tag} is no text`);
    const count = Math.min(type === TYPE.string ? 1 : entry.count, limit);
    const values: string[] = [];
    for (let i = 0, at = entry.offset; i < count; i++) {
      const end = this.#data.indexOf(0, at);
      if (end < 0) corrupt(this.#file, `tag ${tag} has text without an end`);
      values.push(this.#data.toString('utf8', at, end));
      at = end + 1;
    }
    return values;
  }
}

/** Throws the failure of a file that is no whole RPM. */
export function corrupt(file: string, why: string): never {
  return fail({
    class: 'usage',
    message: `${file} is not a readable RPM: ${why}`,
    next: 'Build or fetch that RPM again; `rpm -qip FILE` shows what rpm makes of it.',
  });
}
