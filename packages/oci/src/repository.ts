import { FailureError } from '@crpm/core';
import { bytesBlob } from './blobs.js';
import { digestOf, isDigest } from './digest.js';
import { blobUrl, download, type Expected } from './download.js';
import { wrong, type RegistryError } from './failure.js';
import { isTag } from './location.js';
import type { Session } from './session.js';
import { nextUrl, readAll } from './transport.js';
import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, IMAGE_INDEX, IMAGE_MANIFEST, type Blob, type CallOptions, type Descriptor, type ImageManifest, type Manifest, type OnBytes } from './types.js';
import { upload, uploadStream } from './upload.js';

export interface PushOptions extends CallOptions {
  readonly onBytes?: OnBytes;
  /** Bytes in one request; 32 MiB unless given. */
  readonly piece?: number;
}

/** Registries need not take more, and a manifest is a list of names. */
const MANIFEST_LIMIT = 4 * 1024 * 1024;
const TAG_PAGES = 1000;
const PIECE = 32 * 1024 * 1024;
const ACCEPT = [IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST].join(', ');

/**
 * One repository of a registry, by the OCI distribution specification 1.1. Everything that is pulled is verified by size and sha256; everything that is pushed is checked by the
 * registry. Fails with a {@link RegistryError}, whose `reason` programs may read, or with class `cancelled`.
 */
export class Repository {
  constructor(
    private readonly session: Session,
    readonly path: string,
  ) {}

  /** `quay.io/team/crpm`, for people and for image references. */
  get name(): string {
    return `${this.session.registry}/${this.path}`;
  }

  /** Whether the registry has a blob; one of another size does not count. */
  hasBlob(blob: { readonly digest: string; readonly size?: number }, { signal }: CallOptions = {}): Promise<boolean> {
    const url = blobUrl(this.session, this.path, blob.digest);
    return this.session.call(`looking for ${blob.digest} in ${this.name}`, { method: 'HEAD', url, repository: this.path, access: 'pull', signal, expect: [200, 404] }, (answer) => {
      const length = answer.header('content-length');
      return answer.status === 200 && (blob.size === undefined || length === undefined || Number(length) === blob.size);
    });
  }

  /** Pushes a blob that is not there yet. False if it was. */
  async pushBlob(blob: Blob, options: PushOptions = {}): Promise<boolean> {
    if (await this.hasBlob(blob, options)) return false;
    await upload(this.session, this.path, blob, { piece: PIECE, ...options });
    return true;
  }

  /** Pushes what can be read only once. Each piece is kept in memory until the registry has it. */
  pushStream(source: AsyncIterable<Uint8Array>, options: PushOptions = {}): Promise<{ digest: string; size: number }> {
    return uploadStream(this.session, this.path, source, { piece: PIECE, ...options });
  }

  /** Takes a blob from another repository of this registry without sending it. False if the registry would not; then push it. */
  mountBlob(digest: string, from: string, { signal }: CallOptions = {}): Promise<boolean> {
    const url = this.session.url(`${this.path}/blobs/uploads/`);
    url.searchParams.set('mount', digest);
    url.searchParams.set('from', from);
    const request = { method: 'POST', url, repository: this.path, access: 'push', also: [`repository:${from}:pull`], signal, expect: [201, 202] } as const;
    return this.session.call(`mounting ${digest} in ${this.name}`, request, (answer) => answer.status === 201);
  }

  /**
   * The bytes of a blob. **They are what was asked for only if the iteration ends without an error**: write them beside, and believe them then. More than `size` bytes never
   * come.
   */
  pullBlob(expected: Expected, { signal }: CallOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    return download(this.session, this.path, expected, signal);
  }

  /** A small blob, whole and verified. */
  async pullBytes(expected: Expected, options: CallOptions = {}): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.pullBlob(expected, options)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** A manifest by tag or digest; nothing if there is none. By digest it is verified, by tag it is whatever the registry has there now. */
  getManifest(reference: string, { signal }: CallOptions = {}): Promise<Manifest | undefined> {
    return this.session.call(`reading the manifest ${reference} of ${this.name}`, this.#manifestRequest('GET', reference, signal), async (answer, what) => {
      if (answer.status === 404) return undefined;
      const bytes = await readAll(what, answer, MANIFEST_LIMIT, signal);
      const length = answer.header('content-length');
      if (length !== undefined && Number(length) !== bytes.length) throw wrong(what, `${bytes.length} of ${length} bytes came`);
      const digest = digestOf(bytes);
      const claimed = isDigest(reference) ? reference : answer.header('docker-content-digest');
      if (claimed !== undefined && claimed !== digest) throw wrong(what, `it has the digest ${digest} and should have ${claimed}`);
      return { descriptor: { mediaType: mediaTypeOf(answer.header('content-type')), digest, size: bytes.length }, bytes };
    });
  }

  /** Whether there is a manifest, without its bytes. */
  hasManifest(reference: string, { signal }: CallOptions = {}): Promise<boolean> {
    return this.session.call(`looking for the manifest ${reference} of ${this.name}`, this.#manifestRequest('HEAD', reference, signal), (answer) => answer.status === 200);
  }

  /** Puts a manifest by tag, or by its digest where no tag is given. All that it names must be there. */
  async putManifest(manifest: ImageManifest | Manifest, tag?: string, { signal }: CallOptions = {}): Promise<Descriptor> {
    const { bytes, mediaType } = 'bytes' in manifest ? { bytes: manifest.bytes, mediaType: manifest.descriptor.mediaType } : { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: manifest.mediaType };
    const { digest, size, open } = bytesBlob(bytes);
    const reference = tag ?? digest;
    const url = this.session.url(`${this.path}/manifests/${reference}`);
    const body = { size, open: () => open(0, size) };
    const request = { method: 'PUT', url, headers: { 'content-type': mediaType }, body, repository: this.path, access: 'push', signal, expect: [201] } as const;
    await this.session.call(`putting the manifest ${reference} into ${this.name}`, request, (answer, what) => {
      const has = answer.header('docker-content-digest');
      if (has !== undefined && has !== digest) throw wrong(what, `the registry made ${has} of ${digest}`);
    });
    return { mediaType, digest, size };
  }

  /** Removes a manifest by its digest; gone already is fine. What only it named goes when the registry collects. Not every registry lets anybody. */
  async deleteManifest(digest: string, { signal }: CallOptions = {}): Promise<void> {
    const request = { method: 'DELETE', url: this.session.url(`${this.path}/manifests/${digest}`), repository: this.path, access: 'push', signal, expect: [200, 202, 204, 404] } as const;
    await this.session.call(`removing the manifest ${digest} from ${this.name}`, request, () => undefined);
  }

  /** All tags, in the registry's order; none where there is no such repository yet. */
  async listTags({ signal }: CallOptions = {}): Promise<string[]> {
    const tags: string[] = [];
    let next: URL | undefined = this.session.url(`${this.path}/tags/list?n=1000`);
    for (let page = 0; next && page < TAG_PAGES; page++) {
      const url: URL = next;
      const request = { method: 'GET', url, repository: this.path, access: 'pull', signal, expect: [200, 404] } as const;
      next = await this.session.call(`listing the tags of ${this.name}`, request, async (answer, what) => {
        if (answer.status === 404) return undefined;
        tags.push(...tagsIn(await readAll(what, answer, MANIFEST_LIMIT, signal), () => wrong(what, 'the list is no list of tags')));
        const link = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(answer.header('link') ?? '')?.[1];
        const to = link === undefined ? undefined : nextUrl(what, link, url);
        if (to && to.origin !== url.origin) throw wrong(what, `the list goes on at ${to.origin}`);
        return to;
      });
    }
    return tags;
  }

  /** Whether one may push, without leaving anything: an upload is begun and given up. */
  async checkPush({ signal }: CallOptions = {}): Promise<void> {
    const request = { method: 'POST', url: this.session.url(`${this.path}/blobs/uploads/`), repository: this.path, access: 'push', signal, expect: [202] } as const;
    const place = await this.session.call(`asking whether one may push to ${this.name}`, request, (answer) => answer.header('location'));
    if (place === undefined) return;
    // Registries forget what nobody finishes; this only spares them the wait.
    const url = new URL(place, request.url);
    if (url.origin !== request.url.origin) return;
    await this.session.call(`giving up an upload to ${this.name}`, { method: 'DELETE', url, repository: this.path, access: 'push', signal, expect: [204, 202, 200, 404, 405] }, () => undefined).catch((error: unknown) => {
      if (!(error instanceof FailureError)) throw error;
    });
  }

  #manifestRequest(method: 'GET' | 'HEAD', reference: string, signal: AbortSignal | undefined) {
    if (!isDigest(reference) && !isTag(reference)) throw new Error(`not a tag or digest: ${reference}`);
    return { method, url: this.session.url(`${this.path}/manifests/${reference}`), headers: { accept: ACCEPT }, repository: this.path, access: 'pull', signal, expect: [200, 404] } as const;
  }
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim() || IMAGE_MANIFEST;
}

function tagsIn(bytes: Buffer, bad: () => RegistryError): string[] {
  let tags: unknown;
  try {
    ({ tags } = JSON.parse(bytes.toString()) as { tags?: unknown });
  } catch {
    throw bad();
  }
  // null is what registries say of a repository without tags.
  if (tags === null || tags === undefined) return [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) throw bad();
  return tags;
}
