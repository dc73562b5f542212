export { stopContainers } from './container.js';
export { serveKind, type ServeKindOptions } from './serve-kind.js';
export { serverStatus, startServer, stopServer, type ServeOptions, type ServerStatus, type StartOptions } from './control.js';
export { probeRepository } from './probe.js';
export { repositoryStatus, type RepositoryStatus } from './repository-status.js';
