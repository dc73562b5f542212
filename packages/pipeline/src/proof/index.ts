export type * from './evidence.js';
export { servedFor } from './address.js';
export { scopesOf } from './case.js';
export { addressesToAsk, prove, touchedByCall } from './prove.js';
export { repairAddresses, type Repaired } from './repair.js';
export { endsAs, scopeName, treesOfScript, type TreeScope } from './trees.js';
