import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fail } from '@crpm/core';
import { createLimitedServer } from '@crpm/pipeline/serve/http-server';
import { derivedPort } from '@crpm/pipeline/serve/port';
import { secretFor } from '@crpm/state';
import { uiHandler, type UiOptions } from './handler.js';

export interface UiServer {
  /** `http://127.0.0.1:23456/0123456789abcdef0123456789abcdef/` */
  readonly address: string;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1: at the port asked for, else always at the same one of the workspace, so that an open page finds its server again; or at any, if that is taken. */
export async function startUi(options: Omit<UiOptions, 'port' | 'key'>, asked: number | undefined): Promise<UiServer> {
  const key = secretFor(options.workspace, 'crpm ui').slice(0, 32);
  const server: Server = createLimitedServer(uiHandler({ ...options, key, port: () => (server.address() as AddressInfo | null)?.port ?? 0 }));
  const taken = await listen(server, asked ?? derivedPort(`${options.workspace.id} ui`));
  if (taken && asked !== undefined) {
    fail({ class: 'environment', message: `port ${String(asked)} of 127.0.0.1 can't be used: ${taken.message}`, next: 'Choose another one with --port, or leave it out.' });
  }
  const again = taken ? await listen(server, 0) : undefined;
  if (again) fail({ class: 'environment', message: `no port of 127.0.0.1 can be used: ${again.message}`, next: 'Look whether this machine has its loopback interface.' });
  return {
    address: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${key}/`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What stood in the way; nothing if it listens. */
function listen(server: Server, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error) => { resolve(error); };
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}
