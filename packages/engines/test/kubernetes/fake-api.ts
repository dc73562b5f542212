import { Readable } from 'node:stream';
import type { KubeApi, ListAnswer, WatchEvent, WatchOptions } from '@crpm/engines/kubernetes/api';
import { apiFailure } from '@crpm/engines/kubernetes/kube-error';
import type { Kinds, KubeObject, Resource } from '@crpm/engines/kubernetes/objects';

/** A namespace in memory: objects by kind and name, and a note of every call. Watches hear what changes until they are cut. */
export class FakeApi implements KubeApi {
  readonly namespace = 'default';
  readonly server = 'https://fake';
  readonly calls: string[] = [];
  /** `METHOD resource` → what it throws, once each, in order. */
  readonly failures = new Map<string, unknown[]>();
  private readonly objects = new Map<string, KubeObject>();
  private readonly watchers = new Set<(event: WatchEvent<KubeObject> | 'cut' | Error) => void>();
  private version_ = 1;

  async version(): Promise<string> {
    return 'v0';
  }

  async mayI() {
    return { allowed: true };
  }

  set(resource: Resource, object: KubeObject): void {
    const key = `${resource}/${object.metadata.name}`;
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { uid: `uid-${object.metadata.name}`, ...object.metadata, resourceVersion: String(++this.version_) } };
    this.objects.set(key, stored);
    for (const tell of this.watchers) tell({ type, object: { ...stored, kind: resource } });
  }

  /** Ends every watch: as servers do, or with an error. */
  cut(error?: Error): void {
    for (const tell of [...this.watchers]) tell(error ?? 'cut');
  }

  async create<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]> {
    this.note('create', resource);
    const { name } = object.metadata;
    if (this.objects.has(`${resource}/${name}`)) throw apiFailure(409, 'AlreadyExists', 'creating', 'already exists', this.server);
    this.set(resource, object);
    return this.objects.get(`${resource}/${name}`) as Kinds[R];
  }

  async get<R extends Resource>(resource: R, name: string): Promise<Kinds[R] | undefined> {
    this.note('get', resource);
    return this.objects.get(`${resource}/${name}`) as Kinds[R] | undefined;
  }

  async replace<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]> {
    this.note('replace', resource);
    this.set(resource, object);
    return object as Kinds[R];
  }

  async list<R extends Resource>(resource: R): Promise<ListAnswer<Kinds[R]>> {
    this.note('list', resource);
    const items = [...this.objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object as Kinds[R]);
    return { items, resourceVersion: String(this.version_) };
  }

  async *watch<R extends Resource>(resource: R, { signal }: WatchOptions): AsyncGenerator<WatchEvent<Kinds[R]>> {
    this.note('watch', resource);
    const queue: (WatchEvent<KubeObject> | 'cut' | Error)[] = [];
    let wake: () => void = () => undefined;
    const tell = (event: WatchEvent<KubeObject> | 'cut' | Error) => {
      queue.push(event);
      wake();
    };
    this.watchers.add(tell);
    signal.addEventListener('abort', () => tell('cut'), { once: true });
    try {
      for (;;) {
        for (const event of queue.splice(0)) {
          if (event === 'cut') return;
          if (event instanceof Error) throw event;
          if (event.object.kind === resource) yield event as WatchEvent<Kinds[R]>;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.watchers.delete(tell);
    }
  }

  async delete(resource: Resource, name: string): Promise<void> {
    this.note('delete', resource);
    const object = this.objects.get(`${resource}/${name}`);
    this.objects.delete(`${resource}/${name}`);
    if (object) for (const tell of this.watchers) tell({ type: 'DELETED', object: { ...object, kind: resource } });
  }

  async log(): Promise<Readable> {
    return Readable.from([]);
  }

  close(): void {
    this.cut();
  }

  private note(verb: string, resource: Resource): void {
    this.calls.push(`${verb} ${resource}`);
    const failure = this.failures.get(`${verb} ${resource}`)?.shift();
    if (failure !== undefined) throw failure;
  }
}
