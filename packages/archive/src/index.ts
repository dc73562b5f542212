export { bytesOf, fsPath, printable, type BytePath } from './byte-path.js';
export { ByteReader } from './byte-reader.js';
export { encodeHeader, END_OF_ARCHIVE, paddingOf, type TarHeader } from './header.js';
export { packFiles, packPath, type PackEntry } from './pack.js';
export { readTar, type TarEntry } from './read.js';
export { extractTar } from './extract.js';
export { unpack, type UnpackLimits, type UnpackOptions } from './unpack.js';
export { cpioAsTar, isCpio } from './cpio.js';
