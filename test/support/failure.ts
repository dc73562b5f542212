import { FailureError, type Failure } from '@crpm/core';

/** The failure that a promise ends with. Anything else that it ends with fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof FailureError)) throw thrown ?? new Error('it did not fail');
  return thrown.failure;
}
