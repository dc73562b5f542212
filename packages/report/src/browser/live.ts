import type { Event } from '@crpm/core';

export interface LiveHandlers {
  event(event: Event): void;
  /** The run has no end and never will have one. */
  killed(): void;
  /** Another run began: the page is of an old one. */
  newer(): void;
  connected(is: boolean): void;
}

/** Follows a run: all of its events from the first on. The browser connects again by itself, and says which event was the last that came. */
export function follow(run: string | undefined, handlers: LiveHandlers): void {
  const source = new EventSource(`events${run === undefined ? '' : `?run=${encodeURIComponent(run)}`}`);
  source.onopen = () => { handlers.connected(true); };
  source.onerror = () => { handlers.connected(false); };
  source.onmessage = ({ data }: MessageEvent<string>) => { handlers.event(JSON.parse(data) as Event); };
  source.addEventListener('killed', () => { handlers.killed(); });
  source.addEventListener('newer', () => {
    source.close();
    handlers.newer();
  });
}
