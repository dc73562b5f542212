export type * from './evidence.js';
export { addressesToAsk, prove } from './prove.js';
export { repairAddresses, type Repaired } from './repair.js';
export { endsAs, treesOfScript, type TreeScope } from './trees.js';
