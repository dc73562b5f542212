import { fail } from '@crpm/core';
import { isRepository, parseLocation, type Location } from './location.js';
import { Repository } from './repository.js';
import { Session, type RegistryOptions } from './session.js';
import type { CallOptions } from './types.js';

/** A registry: its repositories share connections and tokens. {@link close} ends the connections. */
export class Registry {
  readonly #session: Session;

  /** `host`: `quay.io`, `localhost:5000`. Nothing is asked until something is wanted. */
  constructor(host: string, options: RegistryOptions = {}) {
    this.#session = new Session(host, options);
  }

  get host(): string {
    return this.#session.registry;
  }

  /** The repository `team/crpm` of this registry. */
  repository(path: string): Repository {
    if (!isRepository(path)) throw new Error(`not the name of a repository: ${path}`);
    return new Repository(this.#session, path);
  }

  /** Fails unless a registry answers there that takes the user for who they are. */
  async ping({ signal }: CallOptions = {}): Promise<void> {
    const doing = `asking the registry ${this.host}`;
    await this.#session.call(doing, { method: 'GET', url: this.#session.root, access: 'pull', signal, expect: [200] }, () => undefined);
  }

  close(): void {
    this.#session.close();
  }
}

/** `oci://registry/path[:tag|@digest]`, taken apart, with the registry's client. Fails with class `usage` where the text is no such address. */
export function openLocation(text: string, options: RegistryOptions = {}): { readonly registry: Registry; readonly repository: Repository; readonly location: Location } {
  const location = parseLocation(text);
  if (!location.ok) fail({ class: 'usage', message: `${JSON.stringify(text.replace(/\/\/[^/]*@/, '//'))} is no address in a registry: ${location.error}`, next: 'Write it as oci://registry/path.' });
  const registry = new Registry(location.value.registry, options);
  return { registry, repository: registry.repository(location.value.repository), location: location.value };
}
