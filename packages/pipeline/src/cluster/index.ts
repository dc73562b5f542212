export { formatClusterProof } from './format.js';
export { clusterSyncKind, clusterUpKind } from './make-kinds.js';
export { verifyClusterKind } from './verify-cluster-kind.js';
