import type { Readable, Writable } from 'node:stream';

/**
 * Where commands run. One contract, kept by every engine and shown by one conformance suite.
 * Arguments are arrays; no engine puts a value into a shell string. Everything an engine makes carries {@link Labels}, and
 * only what carries them is ever removed. Failures of the engine itself are thrown as `FailureError` of class `environment`.
 */
export interface Engine {
  readonly kind: 'docker' | 'host' | 'kubernetes';
  /** For people: `Docker Engine 20.10.24 at unix:///run/docker.sock`. */
  readonly description: string;
  /** Architecture of what it runs natively, `uname -m`. */
  readonly arch: string;
  /** Makes a base image available. The same source twice gives the same id, unless `pull` is set and the registry moved. */
  prepareImage(source: ImageSource, options: PrepareOptions): Promise<Image>;
  /** A new image: `from`, then `files` unpacked, then `argv` run as root with network. Fails (class `build`) if argv ends with other than 0. */
  deriveImage(from: string, step: DeriveStep): Promise<Image>;
  /** Whether an image of this id can still be used. */
  hasImage(id: string): Promise<boolean>;
  /** A work folder in an image: fresh and empty, or a build tree with what was left in it. Must be closed. */
  openWork(options: WorkOptions): Promise<Work>;
  /** What carries crpm's labels, of all workspaces or of one. */
  list(filter: OwnedFilter): Promise<readonly OwnedObject[]>;
  /** Removes objects that {@link list} returned; what is gone already is fine, and what is kept or an image stays while something uses it. */
  remove(objects: readonly OwnedObject[]): Promise<void>;
  /** Closes connections. */
  close(): Promise<void>;
  /** Set where a tree that {@link WorkOptions.tree} asks for is a fresh folder each time, and why that is: the engine has nowhere to keep one. */
  readonly keepsNoTrees?: string;
}

/** Whose an engine object is. Values are `[A-Za-z0-9._@-]`. */
export interface Labels {
  readonly workspace: string;
  readonly run: string;
  readonly node: string;
}

export type ImageSource =
  | { readonly kind: 'image'; readonly reference: string; readonly pull: boolean }
  | { readonly kind: 'dockerfile'; readonly file: string; readonly context: string; readonly pull: boolean }
  | { readonly kind: 'host' };

export interface Image {
  /** `sha256:…` of the image; `host` for this machine. */
  readonly id: string;
}

export interface OutputSink {
  /** A line that the program wrote, on either stream, without its end; invalid UTF-8 replaced. */
  line(text: string): void;
}

export interface PrepareOptions extends OutputSink {
  readonly labels: Labels;
  readonly arch: string;
  readonly signal: AbortSignal;
}

export interface DeriveStep extends OutputSink {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A tar stream unpacked at `/` before argv runs. */
  readonly files?: Readable;
  readonly network: 'bridge' | 'host';
  readonly labels: Labels;
  readonly arch: string;
  readonly signal: AbortSignal;
}

export interface WorkOptions {
  readonly image: string;
  readonly arch: string;
  readonly labels: Labels;
  /** Bytes; absent: no bound. */
  readonly memory?: number;
  /**
   * Opens the build tree of this name (`[A-Za-z0-9][A-Za-z0-9._-]*`, of the labels' workspace) instead of a fresh folder: made empty if it is not there, kept when the
   * work is closed, and removed only by {@link Engine.remove}. One work at a time opens a tree; the caller's lock sees to that.
   */
  readonly tree?: string;
  /**
   * Begins as a copy of the build tree of this name, at the path that the tree has, so that whatever names paths in it means the copy: nothing that is done in it reaches the tree. Not with
   * {@link tree}; nobody may have the tree open while the work is opened.
   */
  readonly copyOf?: string;
  /** A folder that all works of this name share, of every workspace, at the same time and for as long as nobody removes it: a compiler cache. */
  readonly cache?: string;
  readonly signal: AbortSignal;
}

/** A private work folder, with the programs of an image around it. */
export interface Work {
  /** Absolute path of the folder as programs in the engine see it. */
  readonly root: string;
  /** Absolute path of the shared folder that {@link WorkOptions.cache} asked for, as programs in the engine see it. */
  readonly cache?: string;
  /** Unpacks a tar stream under {@link root}. */
  put(tar: Readable): Promise<void>;
  /** Runs a program to its end. A non-zero exit is a value, not a failure. */
  run(command: Command): Promise<Exit>;
  /** Runs a program that somebody talks to, on a terminal if that is what the streams are. A non-zero exit is a value, not a failure. */
  interact(interaction: Interaction): Promise<Exit>;
  /**
   * A tar stream of `path` (relative to {@link root}), entries named from the last component on. Hostile until extracted by
   * the extractor of `engines`, which demands an end marker and refuses to leave its root.
   */
  get(path: string): Promise<Readable>;
  /** Ends what runs and removes the folder and all that belongs to it. Idempotent. */
  close(): Promise<void>;
}

export interface Command extends OutputSink {
  /** argv[0] is looked up on the PATH of the image. */
  readonly argv: readonly string[];
  /** Relative to the work's root; default: the root. */
  readonly cwd?: string;
  /** On top of the engine's allow-list. */
  readonly env?: Readonly<Record<string, string>>;
  /** A tar stream unpacked under the work's root before argv runs, as {@link Work.put} does; argv runs only if all of it was. */
  readonly files?: Readable;
  /**
   * What is wanted of the work folder once this has run: paths relative to its root; absent: all of it. What is not kept may be gone then, so that an engine that is far away has less to carry. Of a build
   * tree all stays.
   */
  readonly keep?: readonly string[];
  /** Default `none`. */
  readonly network?: 'none' | 'bridge' | 'host';
  readonly signal: AbortSignal;
}

/** A program whose input and output are somebody's own. */
export interface Interaction extends Omit<Command, 'line' | 'files'> {
  readonly streams: Streams;
}

/**
 * Those of crpm's own process, or stand-ins. Where `stdin` and `stdout` are a terminal, the program has one too: of the same size, and all keys go to it. Whatever mode the terminal is put into is taken
 * back when the program ends.
 */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean; readonly fd?: number; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly fd?: number; readonly rows?: number; readonly columns?: number };
  readonly stderr: Writable & { readonly fd?: number };
}

/** How a program ended, from the engine's record. */
export interface Exit {
  readonly code: number;
  /** The kernel ended it for lack of memory. */
  readonly oom: boolean;
}

export interface OwnedFilter {
  /** Absent: of every workspace. A shared cache belongs to none, and is listed only then. */
  readonly workspace?: string;
  /** Also tell {@link OwnedObject.bytes}; may take seconds. */
  readonly sizes?: boolean;
}

export interface OwnedObject {
  readonly type: 'container' | 'volume' | 'network' | 'image' | 'folder';
  readonly id: string;
  readonly labels: Labels;
  /** Seconds since the epoch. */
  readonly created: number;
  /** What outlives the run that made it on purpose: a build tree or a shared cache, by its name. Absent on what a run leaves behind only when it dies. */
  readonly keeps?: { readonly what: 'tree' | 'cache'; readonly name: string };
  /** A later run of the workspace may take it up instead of doing the work again; the engine removes it when such a run has ended. */
  readonly resumes?: true;
  /** How much room it takes; only where {@link OwnedFilter.sizes} asked for it, and the engine knows. */
  readonly bytes?: number;
}
