const controller = new AbortController();

/** Fires once, for the rest of the process. */
export const hurried: AbortSignal = controller.signal;

/** From now on, and for what is being stopped already, no program is given time to end by itself: the second Ctrl-C. */
export function hurry(): void {
  controller.abort();
}
