/**
 * Makes a standard stream survive a reader that went away (`crpm graph | head -1`): what is written after that is dropped, and
 * nobody is told. Of any other error (`> /dev/full`) the first one is kept, for the end: what the command does is more than what it says.
 */
export function quietPipe(stream: NodeJS.WriteStream): { lost(): Error | undefined } {
  let first: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') first ??= error;
  });
  return { lost: () => first };
}
