export { age } from './age.js';
export { readHistory, type HistoryEntry } from './history.js';
export { logFileName } from './names.js';
export type { NodeSummary, PlanOptions, RunOptions, RunSummary } from './options.js';
export { plan, type PlanEntry } from './plan.js';
export { run } from './run.js';
export { schedule, type FinalState, type ScheduleOptions, type Step } from './scheduler.js';
