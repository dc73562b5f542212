import type { EventSink } from '@crpm/core';

/** Where a face draws: `process.stdout`, or a stand-in in tests. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
}

/** Somebody at the terminal. */
export interface Keys {
  /** Hears what is typed, as it comes. */
  onType(hear: (typed: string) => void): void;
  /** Gives the terminal back as it was. Idempotent. */
  close(): void;
}

export interface ReporterOptions {
  readonly stream: Screen;
  /** Show every line that programs write. */
  readonly verbose?: boolean;
  /** Whether to colour; default: {@link wantsColour} of the stream. */
  readonly colour?: boolean;
  /** Absolute folders of the packages' trees by package, for faces that point into files. */
  readonly trees?: ReadonlyMap<string, string>;
  /** Absolute folder that such files are named from. */
  readonly checkout?: string;
  /** What is typed while the face draws; absent: nothing can be. */
  readonly keys?: () => Keys | undefined;
  /** Whether the run's summary is told at its end; default: it is. */
  readonly summary?: boolean;
}

/** A face: takes events, and is closed when no more will come. */
export interface Reporter {
  readonly sink: EventSink;
  /** Resolves when everything is drawn. Idempotent. */
  close(): Promise<void>;
}
