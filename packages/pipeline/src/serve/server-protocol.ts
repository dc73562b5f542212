/** What `startServer` hands to the server process, and what comes back. */
export interface ServerArguments {
  readonly workspace: string;
  /** Absolute; laid out by `publishGeneration`. */
  readonly repoDir: string;
  readonly port: number;
}

export type ServerMessage =
  | { readonly type: 'listening' }
  /** `code`: of the system call, `EADDRINUSE`. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

export function parseServerArguments(text: string | undefined): ServerArguments {
  const { workspace, repoDir, port } = JSON.parse(text ?? '') as Record<string, unknown>;
  if (typeof workspace !== 'string' || typeof repoDir !== 'string' || typeof port !== 'number') throw new Error('usage: server.js {"workspace", "repoDir", "port"}');
  return { workspace, repoDir, port };
}
