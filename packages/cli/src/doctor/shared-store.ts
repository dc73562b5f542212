import type { Config } from '@crpm/core';
import { warn, type Io } from '../io.js';
import { fine, refused, type Finding } from './finding.js';

/** Whether the store that a team shares answers, and lets this user do what the config wants. Runs go on without it. */
export async function examineSharedStore({ cache: { remote } }: Config, io: Io, signal: AbortSignal): Promise<readonly Finding[]> {
  if (!remote) return [];
  const { openRepository, tagOf } = await import('@crpm/remote');
  const what = 'shared store';
  const { registry, repository } = openRepository({ ...remote, env: io.env, voice: { warn: (text) => { warn(io, text); }, status: () => undefined } });
  const within = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  try {
    await repository.hasManifest(tagOf(`sha256:${'0'.repeat(64)}`), { signal: within });
    if (remote.readOnly) return [fine(what, `${remote.url} answers; it is read only here (cache.remote.readOnly)`)];
    const may = await repository.checkPush({ signal: within }).then(() => undefined, (error: unknown) => refused(what, error, 'Log in as somebody who may push, or set readOnly.'));
    if (!may) return [fine(what, `${remote.url} answers and may be written${remote.push ? '' : '; runs push nothing from here (cache.remote.push)'}`)];
    return [remote.push ? { ...may, state: 'warning' } : fine(what, `${remote.url} answers; it may be read, not written`)];
  } catch (error) {
    return [{ ...refused(what, error, 'Correct cache.remote in the config; runs go on without it.'), state: 'warning' }];
  } finally {
    registry.close();
  }
}
