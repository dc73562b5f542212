export { chooseEngine, containerEngineAnswers, hasEngine, probeEngines, type ChooseOptions, type EngineProbe } from './choose.js';
export type { EngineFacts } from './docker/facts.js';
export { findProgram } from './host/program.js';
export { assertHostBasesystem, isThisMachine, parseOsRelease, readOsRelease, type OsRelease } from './os-release.js';
