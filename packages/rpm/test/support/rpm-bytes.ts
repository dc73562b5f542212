/** Builds the bytes of small RPM headers, right or wrong in one place, so that the reader is tested without rpm. */
export type TagValue = string | readonly string[] | readonly number[];

export interface RpmBytes {
  readonly tags?: Readonly<Record<number, TagValue>>;
  readonly leadMagic?: number;
}

export const TAGS = { 1000: 'demo', 1001: '1.0', 1002: '1.el9', 1022: 'x86_64', 1044: 'demo-1.0-1.el9.src.rpm' } as const;

/** Lead, an empty signature, a header with these tags, and a payload of a few bytes. */
export function rpmBytes({ tags = TAGS, leadMagic = 0xedabeedb }: RpmBytes = {}): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(leadMagic, 0);
  lead[4] = 3;
  return Buffer.concat([lead, section([]), section(Object.entries(tags).map(([tag, value]) => [Number(tag), value])), Buffer.from('payload')]);
}

/** Where the intro of the main header begins. */
export const HEADER_AT = 96 + 16;

function section(tags: readonly (readonly [number, TagValue])[]): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of tags) {
    const numbers = Array.isArray(value) && typeof value[0] === 'number';
    const bytes = numbers ? int32(value as readonly number[]) : Buffer.from([value].flat().map((text) => `${text}\0`).join(''));
    const type = numbers ? 4 : typeof value === 'string' ? 6 : 8;
    index.push(int32([tag, type, offset, typeof value === 'string' ? 1 : value.length]));
    data.push(bytes);
    offset += bytes.length;
  }
  return Buffer.concat([int32([0x8eade801, 0, tags.length, offset]), ...index, ...data]);
}

function int32(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
  return bytes;
}
