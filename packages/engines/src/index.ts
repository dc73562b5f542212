export { chooseEngine, type ChooseOptions } from './choose.js';
export { assertHostBasesystem, isThisMachine, readOsRelease, type OsRelease } from './os-release.js';
export { extractTar } from './tar/extract.js';
export { packFiles, packPath, type PackEntry } from './tar/pack.js';
export type { UnpackLimits } from './tar/unpack.js';
