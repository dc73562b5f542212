import { err, ok, type Result } from '@crpm/core';
import { isDigest } from './digest.js';

/** A place in a registry, `[oci://]host[:port]/path[:tag][@digest]`. */
export interface Location {
  /** `quay.io`, `localhost:5000`, `[::1]:5000` */
  readonly registry: string;
  /** `team/crpm` */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:<hex>` */
  readonly digest?: string;
}

const HOST = /^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?$/i;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Unlike Docker's short names, the registry is always named. The error is a sentence without the text's user and password, should it have any. */
export function parseLocation(text: string): Result<Location, string> {
  const bare = text.startsWith('oci://') ? text.slice('oci://'.length) : text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(bare)) return err('it must start with oci://');
  const slash = bare.indexOf('/');
  if (slash === -1) return err('there is no path behind the registry: oci://registry/path');
  const registry = bare.slice(0, slash);
  if (registry.includes('@')) return err('user and password do not belong in it: docker login keeps them');
  // The port may be none.
  if (!HOST.test(registry) || !URL.canParse(`https://${registry}/`)) return err(`${JSON.stringify(registry)} is no host[:port]`);
  const [named = '', digest, ...more] = bare.slice(slash + 1).replace(/\/+$/, '').split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) return err('what is behind the @ must be sha256: and 64 hex digits');
  const colon = named.indexOf(':');
  const repository = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (!isRepository(repository)) return err(`${JSON.stringify(repository)} is no name of a repository: small letters and digits, parted by . _ - and /`);
  if (tag !== undefined && !isTag(tag)) return err(`${JSON.stringify(tag)} is no tag`);
  return ok({ registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) });
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function isRepository(text: string): boolean {
  return text.length <= 255 && REPOSITORY.test(text);
}

/** `quay.io/team/crpm:tag`, as people and Docker write it. */
export function formatLocation({ registry, repository, tag, digest }: Location): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Where the API of a registry is. Plain http only on this machine, or where the user says so. */
export function apiRoot(registry: string, insecure: boolean): URL {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  return new URL(`${insecure || isLoopback(host) ? 'http' : 'https'}://${host}/v2/`);
}

function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
}
