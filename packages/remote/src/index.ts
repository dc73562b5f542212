export { tagOf, type Overview } from './artifact.js';
export { listResults, type Listed } from './list.js';
export { LOOK_LIMITS, RUN_LIMITS, type Limits } from './patience.js';
export { pushResult, type Author, type Pushed } from './push.js';
export { openRepository, SharedStore, type StoreOptions } from './shared-store.js';
