/** Files below which looking at them here is cheaper than starting a process that does. */
export const LEAST_FILES = 1_000;

/**
 * How long before a scan a file must have been left alone for git to look at it, in milliseconds. git compares times in whole seconds, so a later change must fall into
 * another second than the last one before. It does for as long as no clock is set back by so much, nor a file server's clock that much behind.
 */
export const LEFT_ALONE_MS = 60_000;

/** Files that may change until a look at each of them is cheaper than a look by git that names them. */
export const MOST_CHANGED = 1_000;
