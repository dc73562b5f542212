export { stopContainers } from './container.js';
export { serveKind, type ServeKindOptions } from './serve-kind.js';
export { serverStatus, startServer, stopServer, type ServeOptions, type ServerStatus, type StartOptions } from './control.js';
export { ensureServed, type EnsureOptions, type Started } from './ensure-served.js';
export { installedUnit, installService, uninstallService, type Installed } from './service.js';
export { derivedPort } from './port.js';
export { findPortHolder } from './port-holder.js';
export { probeRepository } from './probe.js';
export { repositoryStatus, type RepositoryStatus } from './repository-status.js';
