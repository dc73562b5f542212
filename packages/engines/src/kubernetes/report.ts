/** A blob that a pod pushed. */
export interface PushedBlob {
  /** `sha256:<hex>` */
  readonly digest: string;
  /** bytes */
  readonly size: number;
}

/** What the wrapper in a pod says in its termination message, which Kubernetes keeps with the pod. */
export type PodReport =
  | {
      readonly kind: 'ran';
      /** Of the program. */
      readonly exit: number;
      /** The kernel ended something in the container for lack of memory. */
      readonly oom: boolean;
      /** All that the program wrote. */
      readonly log: PushedBlob;
      /** A layer with an archive of what is kept of the work folder, or of what changed in the root file system; absent where nothing was asked for or the program failed. */
      readonly out?: PushedBlob;
      /** `sha256:…` of `out` before it was compressed, where it was. */
      readonly diff?: string;
    }
  /** argv[0] is not in the image. */
  | { readonly kind: 'absent' }
  /** Something besides the program failed: `unpack`, `pack`, `push`, `lacks curl`. */
  | { readonly kind: 'trouble'; readonly what: string; readonly said: string };

/** Nothing if this is no report: a container that was killed leaves an empty message, and one that died while it wrote a part of one. */
export function parseReport(message: string | undefined): PodReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message ?? '');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { crpm, exit, oom, log, out, diff, absent, trouble, said } = value as Record<string, unknown>;
  if (crpm !== 1) return undefined;
  if (absent === true) return { kind: 'absent' };
  if (typeof trouble === 'string') return { kind: 'trouble', what: trouble, said: typeof said === 'string' ? said : '' };
  const wrote = blob(log);
  const packed = out === undefined ? undefined : blob(out);
  if (typeof exit !== 'number' || !Number.isInteger(exit) || exit < 0 || exit > 255 || typeof oom !== 'boolean' || !wrote || (out !== undefined && !packed) || (diff !== undefined && !isDigest(diff))) return undefined;
  return { kind: 'ran', exit, oom, log: wrote, ...(packed ? { out: packed } : {}), ...(diff === undefined ? {} : { diff }) };
}

function blob(value: unknown): PushedBlob | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [digest, size] = value as unknown[];
  if (!isDigest(digest) || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { digest, size };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}
