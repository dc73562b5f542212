/** A reference to an image, taken apart as Docker does. */
export interface Reference {
  /** As the user wrote it. */
  readonly text: string;
  /** `quay.io`, `localhost:5000`; `docker.io` when the reference names none. */
  readonly registry: string;
  /** Everything but tag and digest. */
  readonly name: string;
  /** `latest` when there is neither tag nor digest: without one the engine would pull every tag. */
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const beforeDigest = at === -1 ? text : text.slice(0, at);
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > beforeDigest.lastIndexOf('/');
  const name = hasTag ? beforeDigest.slice(0, colon) : beforeDigest;
  const tag = hasTag ? beforeDigest.slice(colon + 1) : digest === undefined ? 'latest' : undefined;
  const first = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
  const registry = /[.:]/.test(first) || first === 'localhost' ? first : 'docker.io';
  return { text, registry, name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** `localhost/…` is what engines call images that were made here; there is no registry to ask. */
export function isLocal(reference: Reference): boolean {
  return reference.registry === 'localhost';
}
