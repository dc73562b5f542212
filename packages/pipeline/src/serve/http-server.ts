import { createServer, type RequestListener, type Server } from 'node:http';

/** Bounds of one connection and of all of them: a slow or greedy client must not hold the server, nor its file descriptors. */
export const LIMITS = {
  connections: 64,
  headerBytes: 8 * 1024,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
  keepAliveMs: 5_000,
} as const;

/** An http server with the limits on, not yet listening. `limits` is for tests, which can't wait for the real ones. */
export function createLimitedServer(handler: RequestListener, limits: { readonly [K in keyof typeof LIMITS]: number } = LIMITS): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
    },
    handler,
  );
  server.maxConnections = limits.connections;
  // A client that stops reading in mid-answer.
  server.setTimeout(limits.idleMs, (socket) => socket.destroy());
  return server;
}
