export * from './atomic.js';
export * from './digest.js';
export * from './fs.js';
export * from './generations.js';
export * from './lock.js';
export * from './owner.js';
export * from './paths.js';
export * from './place.js';
