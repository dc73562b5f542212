import { hostname, userInfo } from 'node:os';
import { fail, type Config, type RemoteConfig } from '@crpm/core';
import type { Author } from '@crpm/remote';
import type { OpenRemote, RemoteVoice } from '@crpm/state';

/** What a command brings along, for whoever looks where a result comes from. */
export interface Sharer {
  readonly env: NodeJS.ProcessEnv;
  /** Version of crpm. */
  readonly version: string;
}

/** The shared store of the config, for a run; nothing where there is none. Its program is loaded when the first node could use it. */
export function sharedStore({ cache: { remote } }: Config, sharer: Sharer): { readonly openRemote?: OpenRemote } {
  return remote ? { openRemote: (voice) => open(remote, sharer, 'run', voice) } : {};
}

/** The same for a look ahead, in which nobody wants to wait; what it has to say goes to stderr. */
export function sharedStoreAhead({ cache: { remote } }: Config, sharer: Sharer, warn: (text: string) => void): { readonly openRemote?: OpenRemote } {
  if (!remote) return {};
  const voice: RemoteVoice = { warn: (text, node) => { warn(node === undefined ? text : `${node}: ${text}`); }, status: () => undefined };
  return { openRemote: () => open({ ...remote, push: false }, sharer, 'look', voice) };
}

async function open({ url, insecure, push }: RemoteConfig, { env, version }: Sharer, patience: 'run' | 'look', voice: RemoteVoice) {
  const { LOOK_LIMITS, RUN_LIMITS, SharedStore } = await import('@crpm/remote');
  return new SharedStore({ url, insecure, push, env, author: author(env, version), limits: patience === 'run' ? RUN_LIMITS : LOOK_LIMITS, voice });
}

/** `ci@builder-3` */
export function author(env: NodeJS.ProcessEnv, version: string): Author {
  return { by: `${userName() ?? env['USER'] ?? 'somebody'}@${hostname()}`, crpm: version };
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A uid that no database knows, as in containers.
    return undefined;
  }
}

/** Of commands that are about nothing else. */
export function requireRemote({ cache: { remote } }: Pick<Config, 'cache'>): RemoteConfig {
  return remote ?? fail({ class: 'usage', message: 'the config names no shared store', next: 'Set cache: { remote: oci://registry/path } in the config; docs/shared-store.md tells how.' });
}
