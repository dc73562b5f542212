import type { Engine } from './engine.js';
import type { GraphNode, Json } from './graph.js';

/**
 * One thing a node's result depends on. The list of them is both the fingerprint (hashed) and its explanation (shown, compared),
 * so the two can't drift apart. `name` is a path of words, `spec/qemu-kvm.spec` or `option/profile`; `value` is short: a digest,
 * an option's value. Secrets never go in.
 */
export interface Input {
  readonly name: string;
  readonly value: string;
  /**
   * What `value` is the digest of, finer: the files of a tree, each with its own digest. Only for telling what changed; it is not recorded, so
   * the kind says by {@link NodeKind.recordedParts} where a result still has it.
   */
  readonly parts?: ReadonlyMap<string, string>;
}

/** A file that a node made, relative to its output folder. */
export interface OutputFile {
  readonly path: string;
  /** bytes */
  readonly size: number;
  /** `sha256:<hex>` of the content. */
  readonly digest: string;
}

/** The recorded result of a node, as its dependents see it. */
export interface NodeOutput {
  /** Absolute folder with {@link files}; read only. */
  readonly dir: string;
  readonly files: readonly OutputFile[];
  /**
   * Facts that the node reported: EVRs, a digest, a base URL. What stands under its key `here` is true on this machine alone (a path, the id of
   * an image), or of one run of it: dependents may read it, but it is no part of {@link digest}, and a result that came back from the store lacks it. A kind
   * whose dependents can't do without has one of the hooks `stale` and `missing`, and such results don't come back.
   */
  readonly data: Json;
  /** `sha256:<hex>` over files and data, `here` left out: equal outputs leave dependents fresh, on this machine and on others. */
  readonly digest: string;
  /** When it was made, ISO 8601; only on a result that stands in for a node left out of this run (`--skip`, `--only`). */
  readonly asOf?: string;
}

/** What a node kind may look at to declare its inputs. */
export interface InputContext {
  readonly node: GraphNode;
  /** By id of the need; the runner itself adds their digests to the fingerprint. */
  readonly needs: ReadonlyMap<string, NodeOutput>;
  readonly workspace: WorkspacePaths;
  readonly signal: AbortSignal;
}

/** Folders of crpm's own that outlive a run. All absolute; all exist. */
export interface WorkspacePaths {
  /** State of this workspace: `${XDG_STATE_HOME}/crpm/<name>-<hash>`. */
  readonly state: string;
  /** `<name>-<hash>`, the workspace's name in labels. */
  readonly id: string;
  /** The user's cache folder, shared by all workspaces: `${XDG_CACHE_HOME}/crpm`. */
  readonly cache: string;
}

/** Compile jobs and bytes of memory granted to a node while it runs. */
export interface Budget {
  readonly jobs: number;
  readonly memory?: number;
}

/** What a running node reports; the runner turns it into events. */
export interface NodeReporter {
  /** A line of output of a program, without its end; goes to the log whole and to the face stripped. */
  line(text: string): void;
  /** What is happening now, a few words: `installing 42 packages`. */
  status(text: string): void;
  /** Something the user should read in the summary. */
  warn(text: string): void;
}

/** Everything a node runs with. It knows neither store nor scheduler. */
export interface NodeContext extends InputContext {
  /** Absolute, empty folder; the files in it when `run` resolves are the node's output. */
  readonly out: string;
  /** Opens the engine on first use. */
  engine(): Promise<Engine>;
  readonly report: NodeReporter;
  readonly budget: Budget;
  /** Identifies this run in labels. */
  readonly runId: string;
}

/** Results that other machines may use. */
export interface SharedResults<P extends Json = Json> {
  /** Whether a result of these params is for others: nothing but its inputs decides it, and nothing in it is of one workspace. */
  when(params: P): boolean;
  /**
   * Looks into what came from elsewhere. Its digests are right, and whoever wrote them may be anybody: says why it can't be a result of this node, or nothing. Must not
   * throw for what it finds.
   */
  check(params: P, output: NodeOutput, context: InputContext): Promise<string | undefined>;
}

/**
 * The contract of a kind of node. `P` is the shape of `GraphNode.params`.
 * Expected failures are thrown as `FailureError`; the runner names the node.
 */
export interface NodeKind<P extends Json = Json> {
  readonly name: string;
  /** Part of the fingerprint: raise it when the same inputs give another result. */
  readonly version: number;
  /** `light` nodes take no share of CPU and memory (a snapshot, a proof); `heavy` ones do. */
  readonly weight: 'light' | 'heavy';
  /**
   * Where the config says what a param says, by the param's path: `{ check: 'build.check', 'options/defines': 'build.defines' }`; for telling what changed. Default:
   * the path itself.
   */
  readonly configPaths?: Readonly<Record<string, string>>;
  /** Of a `heavy` node: the most that it can use of the shared budget, where the config bounds it. The rest goes to others. */
  wants?(params: P): Partial<Budget>;
  /**
   * For a kind that makes its results in several ways, which take different times: how one was made, and how the next one most likely will be, by the {@link NodeOutput.data} of the last. In
   * words for people: `incremental`, `clean`.
   */
  readonly ways?: { took(data: Json): string; next(data: Json): string };
  /** All that the result depends on, besides the outputs of needs, `name`, `version` and `params` (the runner adds those). Only reads. */
  inputs(params: P, context: InputContext): Promise<readonly Input[]>;
  /**
   * The digest of what this node reads of a need, where that is less than all of it (a build root reads a tree's spec, not its sources).
   * Default: the need's whole {@link NodeOutput.digest}.
   */
  reads?(params: P, need: string, output: NodeOutput): string | undefined;
  /** The {@link Input.parts} of an input as they were when `output` was made; nothing where they can't be told any more. */
  recordedParts?(output: NodeOutput, input: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** Absent: results stay with this user's machine. Only for a kind with neither {@link stale} nor {@link missing}. */
  readonly shared?: SharedResults<P>;
  /** Does the work; what it returns is {@link NodeOutput.data}. */
  run(params: P, context: NodeContext): Promise<Json>;
  /**
   * For results that live outside the output folder (a server that runs, files in the KubeVirt tree): says why the recorded result
   * no longer holds, or nothing if it does. Cheap; asked each time the node would be fresh.
   */
  stale?(params: P, output: NodeOutput, context: InputContext): Promise<string | undefined>;
  /**
   * For results that live in the engine (images): says why the recorded result can no longer be used, or nothing.
   * Asked only when a dependent is going to run.
   */
  missing?(params: P, output: NodeOutput, engine: Engine): Promise<string | undefined>;
}

const EARLIER = ' of an earlier run';

/** An input that says of a need that its result stands in, and when it was made, for kinds that tell of that. */
export function ofEarlierRun(need: string, asOf: string): Input {
  return { name: `${need}${EARLIER}`, value: asOf };
}

/** The need that such an input is about. */
export function needOfEarlierRun(name: string): string | undefined {
  return name.endsWith(EARLIER) ? name.slice(0, -EARLIER.length) : undefined;
}
