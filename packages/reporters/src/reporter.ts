import type { EventSink } from '@crpm/core';

/** Where a face draws: `process.stdout`, or a stand-in in tests. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  /** Tells that it has another size. */
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** The terminal that a face draws on as a whole, and who types there. It may be another's for a while: of the shell that stopped the process, or started it in the background. */
export interface Terminal {
  /** Takes it if that can be, and says whether it is had: `anew`, so that nothing is on it that was drawn before; `still`; or not, `gone`. Cheap enough for each frame. */
  take(): 'anew' | 'still' | 'gone';
  /** Whether somebody can type. Known once it was taken. */
  readonly typing: boolean;
  /** `leave` is called before it is given up: the process is about to stop or to end. `undo` does the same to the screen when it is written there, for a process that is killed and can call nothing. */
  onLeave(leave: () => void, undo: string): void;
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
  /** Opens the terminal that the stream is; absent: it is nobody else's, and nothing is typed. */
  readonly terminal?: () => Terminal;
  /** Whether the run's summary is told at its end; default: it is. */
  readonly summary?: boolean;
}

/** A face: takes events, and is closed when no more will come. */
export interface Reporter {
  readonly sink: EventSink;
  /** Resolves when everything is drawn. Idempotent. */
  close(): Promise<void>;
}
