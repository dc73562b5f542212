import { openLocation, RegistryError, type Registry, type Repository } from '@crpm/oci';
import type { CachedResult, RemoteResult, RemoteResults, RemoteVoice } from '@crpm/state';
import { parseManifest, tagOf } from './artifact.js';
import { Background } from './background.js';
import { fetchFiles } from './fetch.js';
import { Patience, type Limits } from './patience.js';
import { pushResult, type Author } from './push.js';
import { parseRecord, resultIn } from './record.js';

export interface StoreOptions {
  /** `oci://registry/path` */
  readonly url: string;
  readonly insecure: boolean;
  /** Whether what is offered is pushed. */
  readonly push: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly author: Author;
  readonly limits: Limits;
  readonly voice: RemoteVoice;
}

/** A result is worth waiting for as long as making it takes, and at least for so long; milliseconds. */
const SHORTEST = 60_000;
const LONGEST = 3_600_000;
const AT_ONCE = 2;

export function openRepository({ url, insecure, env, voice }: Pick<StoreOptions, 'url' | 'insecure' | 'env' | 'voice'>): { readonly registry: Registry; readonly repository: Repository } {
  return openLocation(url, { insecure, env, warn: (line) => { voice.warn(line); }, silence: 20_000, retry: { attempts: 3, pause: 300 } });
}

/** Results in an OCI registry: a tag for each fingerprint, which leads to a manifest of digests. */
export class SharedStore implements RemoteResults {
  readonly #options: StoreOptions;
  readonly #registry: Registry;
  readonly #repository: Repository;
  readonly #reading: Patience;
  readonly #writing: Patience;
  readonly #pushes = new Background(AT_ONCE);
  readonly #stop = new AbortController();
  /** Fingerprints whose results there are of no use: what is made here takes their place. */
  readonly #refused = new Set<string>();

  constructor(options: StoreOptions) {
    const { registry, repository } = openRepository(options);
    this.#options = options;
    this.#registry = registry;
    this.#repository = repository;
    this.#reading = new Patience(options.limits.failures, 'it is asked no more in this run');
    this.#writing = new Patience(options.limits.failures, 'nothing more is pushed in this run');
  }

  async find(node: string, fingerprint: string, signal: AbortSignal): Promise<RemoteResult | undefined> {
    if (this.#reading.isLost) return undefined;
    try {
      return await this.#find(node, fingerprint, AbortSignal.any([signal, AbortSignal.timeout(this.#options.limits.question)]));
    } catch (error) {
      this.#complain(node, 'could not be asked', error, signal);
      return undefined;
    }
  }

  offer(result: CachedResult, folder: string): void {
    if (!this.#options.push) return;
    this.#pushes.add(async () => {
      if (this.#writing.isLost) return;
      const { voice } = this.#options;
      voice.status(result.node, 'pushing to the shared store');
      try {
        await pushResult(this.#repository, result, folder, this.#options.author, { signal: this.#stop.signal, replace: this.#refused.has(result.fingerprint) });
        voice.status(result.node, 'pushed to the shared store');
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const words = this.#writing.note(error);
        if (words !== undefined) voice.warn(`its result was not pushed to the shared store: ${words}`, result.node);
      }
    });
  }

  async finish(signal: AbortSignal): Promise<void> {
    const { goodbye } = this.#options.limits;
    const stop = AbortSignal.any([signal, AbortSignal.timeout(goodbye)]);
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => { resolve(); }, { once: true });
    });
    await Promise.race([this.#pushes.idle(), stopped]);
    const { left } = this.#pushes;
    if (left > 0 && !signal.aborted) this.#options.voice.warn(`not all was pushed to the shared store within ${String(Math.round(goodbye / 1000))} s; crpm cache push goes on with it`);
    this.#pushes.clear();
    this.#stop.abort();
    await this.#pushes.idle();
    this.#registry.close();
  }

  async #find(node: string, fingerprint: string, signal: AbortSignal): Promise<RemoteResult | undefined> {
    const manifest = await this.#repository.getManifest(tagOf(fingerprint), { signal });
    if (!manifest) return undefined;
    const parsed = parseManifest(manifest.bytes);
    if (!parsed.ok) return this.#refuse(node, fingerprint, parsed.error);
    const record = parseRecord(await this.#repository.pullBytes(parsed.value.record, { signal }));
    if (!record.ok) return this.#refuse(node, fingerprint, record.error);
    const result = resultIn(record.value);
    return {
      result,
      from: `oci://${this.#repository.name}@${manifest.descriptor.digest}`,
      fill: (folder, fillSignal) => this.#fill(node, result, folder, fillSignal),
      refuse: (why) => { this.#refuse(node, fingerprint, why); },
    };
  }

  async #fill(node: string, { files, ms, fingerprint }: CachedResult, folder: string, signal: AbortSignal): Promise<boolean> {
    // Durations have fractions, timers don't.
    const within = AbortSignal.timeout(Math.ceil(Math.min(Math.max(ms, SHORTEST), LONGEST)));
    try {
      await fetchFiles(this.#repository, files, folder, AbortSignal.any([signal, within]));
      return true;
    } catch (error) {
      if (error instanceof RegistryError && !error.passing) this.#refused.add(fingerprint);
      this.#complain(node, 'did not give what it has', error, signal);
      return false;
    }
  }

  /** A failure costs what there would be without a shared store. */
  #complain(node: string, what: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const words = this.#reading.note(error);
    if (words !== undefined) this.#options.voice.warn(`the shared store ${what}: ${words}`, node);
  }

  #refuse(node: string, fingerprint: string, why: string): undefined {
    this.#refused.add(fingerprint);
    this.#options.voice.warn(`what the shared store has is refused: ${why} (${this.#repository.name}:${tagOf(fingerprint)})`, node);
  }
}
