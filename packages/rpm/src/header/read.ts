import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fail } from '@crpm/core';
import { decodeHeader, type RpmHeader } from './decode.js';
import { corrupt, INTRO_SIZE, readIntro, Section, sectionLength } from './section.js';

const LEAD_SIZE = 96;
const LEAD_MAGIC = 0xedabeedb;

/**
 * Reads the header of an RPM file (format 3 and 4, any payload): lead, signature and header, nothing of the payload.
 * Throws a `FailureError` naming the file if it can't be read or is no whole RPM header. Signatures are not verified.
 */
export function readRpmHeader(file: string): RpmHeader {
  return decode(readRpmSections(file), file);
}

/** The parts of an RPM before its payload, and where they lie. */
export interface RpmSections {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly signature: Section;
  readonly header: Section;
  /** Where the header begins, and its bytes with the intro; the payload follows at once. */
  readonly headerAt: number;
  readonly headerBytes: Buffer;
}

/** Throws a `FailureError` naming the file if it can't be read or they are not whole. */
export function readRpmSections(file: string): RpmSections {
  const fd = open(file);
  try {
    const { size } = fstatSync(fd);
    return sections((length, position) => readAt(fd, length, position), size, file);
  } finally {
    closeSync(fd);
  }
}

/** The same for bytes in memory; `name` stands for the file in messages. The payload may be missing. */
export function parseRpmHeader(bytes: Uint8Array, name: string): RpmHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decode(sections((length, position) => buffer.subarray(position, position + length), buffer.length, name), name);
}

/** Where the payload begins, in bytes from the start of the file. */
export function payloadOffset(file: string): number {
  const { headerAt, headerBytes } = readRpmSections(file);
  return headerAt + headerBytes.length;
}

function decode({ header }: RpmSections, file: string): RpmHeader {
  return decodeHeader(header, file);
}

function sections(read: (length: number, position: number) => Buffer, size: number, file: string): RpmSections {
  const exactly = (length: number, position: number, what: string): Buffer => {
    // Compared before anything is allocated: a claim of 64 MiB in a file of 1 KiB costs nothing.
    if (position + length > size) corrupt(file, `it ends inside the ${what}`);
    const bytes = read(length, position);
    if (bytes.length !== length) corrupt(file, `it ends inside the ${what}`);
    return bytes;
  };
  const lead = exactly(LEAD_SIZE, 0, 'lead');
  if (lead.readUInt32BE(0) !== LEAD_MAGIC) corrupt(file, 'it does not begin with the magic of an RPM');
  if (lead[4] !== 3 && lead[4] !== 4) corrupt(file, `its format is version ${String(lead[4])}; 3 and 4 are known`);

  const signatureAt = LEAD_SIZE;
  const signatureIntro = readIntro(exactly(INTRO_SIZE, signatureAt, 'signature'), 'signature', file);
  const signature = exactly(sectionLength(signatureIntro), signatureAt + INTRO_SIZE, 'signature');
  // Only the signature is padded, to a multiple of 8 bytes.
  const headerAt = signatureAt + INTRO_SIZE + Math.ceil(signature.length / 8) * 8;
  const intro = readIntro(exactly(INTRO_SIZE, headerAt, 'header'), 'header', file);
  const headerBytes = exactly(INTRO_SIZE + sectionLength(intro), headerAt, 'header');
  return {
    size,
    signature: new Section(signature, signatureIntro, file),
    header: new Section(headerBytes.subarray(INTRO_SIZE), intro, file),
    headerAt,
    headerBytes,
  };
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    return fail({ class: 'usage', message: `cannot read the RPM ${file}: ${(error as Error).message}`, next: 'Check the path and its permissions.' }, error);
  }
}

function readAt(fd: number, length: number, position: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}
