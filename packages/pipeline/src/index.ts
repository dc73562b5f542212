export { compile } from './compile/compile.js';
export { checkTrees } from './compile/check-trees.js';
export * from './facts.js';
export * from './kubevirt/index.js';
export { nodeKinds, type KindOptions } from './kinds.js';
export * from './params.js';
export { repositoryDir } from './paths.js';
export * from './serve/index.js';
