/**
 * The detached repository server: `node server.js <JSON>`, started by `startServer`. Says over the IPC channel whether it
 * listens, then cuts it and lives on by itself until SIGTERM.
 */
import { repositoryHandler } from './handler.js';
import { serverIdentity } from './identity.js';
import { createLimitedServer } from './http-server.js';
import { parseServerArguments, type ServerMessage } from './server-protocol.js';

const { workspace, repoDir, port } = parseServerArguments(process.argv[2]);
const server = createLimitedServer(repositoryHandler(repoDir, serverIdentity(workspace)));

function tell(message: ServerMessage, then: () => void): void {
  if (process.send) process.send(message, then);
  else then();
}

server.on('error', (error: NodeJS.ErrnoException) => {
  // In a service, nobody but the journal listens.
  if (!process.send) process.stderr.write(`${error.message}\n`);
  tell({ type: 'failed', code: error.code ?? '', message: error.message }, () => process.exit(1));
});
server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
  tell({ type: 'listening' }, () => {
    if (process.connected) process.disconnect();
  });
});
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
// The terminal that started it may go; the server stays.
process.on('SIGHUP', () => undefined);
