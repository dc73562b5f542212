/**
 * Makes a standard stream survive a reader that went away (`crpm graph | head -1`): what is written after that is dropped, and
 * nobody is told. Any other error of the stream stays an error.
 */
export function quietPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
}
