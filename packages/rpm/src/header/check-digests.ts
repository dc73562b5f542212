import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readRpmSections, type RpmSections } from './read.js';
import { corrupt } from './section.js';
import { DIGEST_ALGORITHMS, SIGNATURE_TAG, TAG } from './tags.js';

/**
 * Reads a whole RPM and compares it with the sizes and digests that it carries itself, as `rpm -K --nosignature` does: a file that was cut, or that holds one
 * other byte, is found. Throws a `FailureError` naming the file. Who made it, digests can't tell: signatures are not verified.
 */
export async function checkRpmDigests(file: string): Promise<void> {
  const sections = readRpmSections(file);
  checkSize(sections, file);
  checkHeader(sections, file);
  await checkPayload(sections, file);
}

function checkSize({ signature, size, headerAt }: RpmSections, file: string): void {
  const claimed = signature.number(SIGNATURE_TAG.longSize) ?? signature.number(SIGNATURE_TAG.size);
  const actual = size - headerAt;
  if (claimed === undefined || claimed === actual) return;
  corrupt(file, `it is ${actual < claimed ? 'cut' : 'longer than it says'}: ${actual} instead of ${claimed} bytes from its header on`);
}

function checkHeader({ signature, headerBytes }: RpmSections, file: string): void {
  for (const algorithm of ['sha256', 'sha1'] as const) {
    const claimed = signature.string(SIGNATURE_TAG[algorithm]);
    if (claimed === undefined) continue;
    if (createHash(algorithm).update(headerBytes).digest('hex') !== claimed) corrupt(file, `its header is damaged: the ${algorithm} is not the one that it carries`);
    return;
  }
}

/** Newer RPMs carry a digest of the payload in the header, older ones the MD5 of both in the signature. */
async function checkPayload(sections: RpmSections, file: string): Promise<void> {
  const { header, signature, headerAt, headerBytes } = sections;
  const payloadAt = headerAt + headerBytes.length;
  const algorithm = DIGEST_ALGORITHMS[header.number(TAG.payloadDigestAlgorithm) ?? 0];
  const digest = header.string(TAG.payloadDigest);
  const md5 = signature.bytes(SIGNATURE_TAG.md5);
  if (algorithm !== undefined && digest !== undefined) await compare(createHash(algorithm), digest, { file, from: payloadAt, algorithm });
  else if (md5 !== undefined) await compare(createHash('md5').update(headerBytes), md5.toString('hex'), { file, from: payloadAt, algorithm: 'md5' });
}

async function compare(hash: Hash, claimed: string, { file, from, algorithm }: { file: string; from: number; algorithm: string }): Promise<void> {
  for await (const chunk of createReadStream(file, { start: from })) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== claimed) corrupt(file, `its payload is damaged: the ${algorithm} is not the one that it carries`);
}
