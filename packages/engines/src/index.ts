export { chooseEngine, probeEngines, type ChooseOptions, type EngineProbe } from './choose.js';
export { hurry } from './hurry.js';
export { assertHostBasesystem, isThisMachine, readOsRelease, type OsRelease } from './os-release.js';
export { extractTar } from './tar/extract.js';
export { packFiles, packPath, type PackEntry } from './tar/pack.js';
export type { UnpackLimits } from './tar/unpack.js';
