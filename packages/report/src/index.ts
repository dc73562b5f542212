export { stateWord, type NodeState } from './node-state.js';
export { graphPage } from './page/graph-page.js';
export { livePage, writeReport, type ReportOptions } from './page/report-page.js';
export type { PageAssets } from './page/shell.js';
export { drawPicture, layOutPicture, type PictureNode } from './picture/svg.js';
export { RunRecord } from './run-record.js';
export { type LogCatalogue, type ChunkEntry } from './logs/catalogue.js';
export { readChunks } from './logs/chunks.js';
