export { stateWord, type NodeState } from './node-state.js';
export { graphPage } from './page/graph-page.js';
export type { PageAssets } from './page/shell.js';
export { drawPicture, layOutPicture, type PictureNode } from './picture/svg.js';
