/** Numbers of the header tags that are read here, as rpm's `rpmtag.h` fixes them. */
export const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  buildTime: 1006,
  buildHost: 1007,
  vendor: 1011,
  arch: 1022,
  oldFileNames: 1027,
  fileSizes: 1028,
  fileModes: 1030,
  fileDigests: 1035,
  fileLinkTos: 1036,
  fileFlags: 1037,
  sourceRpm: 1044,
  provideName: 1047,
  requireFlags: 1048,
  requireName: 1049,
  requireVersion: 1050,
  noSource: 1051,
  noPatch: 1052,
  provideFlags: 1112,
  provideVersion: 1113,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  payloadCompressor: 1125,
  longFileSizes: 5008,
  fileDigestAlgorithm: 5011,
  payloadDigest: 5092,
  payloadDigestAlgorithm: 5093,
} as const;

/** Numbers of the tags in the signature, which covers what follows it. `size` and `md5`: of header and payload; the others of the header alone. */
export const SIGNATURE_TAG = { sha1: 269, longSize: 270, sha256: 273, size: 1000, md5: 1004 } as const;

/** Bits of requireFlags and provideFlags that compare versions. */
export const SENSE = { less: 2, greater: 4, equal: 8 } as const;

/** Bits of fileFlags. `ghost`: owned by the package and not in its payload. */
export const FILE_FLAG = { config: 1 << 0, doc: 1 << 1, ghost: 1 << 6, license: 1 << 7 } as const;

/** Values of fileDigestAlgorithm (OpenPGP's numbers); without the tag it is MD5. */
export const DIGEST_ALGORITHMS: Readonly<Record<number, string>> = { 1: 'md5', 2: 'sha1', 8: 'sha256', 9: 'sha384', 10: 'sha512', 11: 'sha224' };
