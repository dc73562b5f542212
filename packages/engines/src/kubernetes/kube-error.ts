import { FailureError, type Failure } from '@crpm/core';

/** The API server answered with an error, or not at all (status 0). */
export class KubeError extends FailureError {
  constructor(
    /** Of HTTP; 0 where there was no answer. */
    readonly status: number,
    /** Kubernetes' own word, `AlreadyExists`, `Forbidden`, or that of the connection, `ECONNREFUSED`. */
    readonly reason: string,
    failure: Failure,
    cause?: unknown,
  ) {
    super(failure, cause === undefined ? undefined : { cause });
    this.name = 'KubeError';
  }
}

/** Of class `environment`, told by what the user can do about it. */
export function apiFailure(status: number, reason: string, what: string, said: string, server: string): KubeError {
  const message = `the cluster at ${server} failed at ${what}: ${said}`;
  if (status === 401) {
    return new KubeError(status, reason, { class: 'environment', message: `the cluster at ${server} does not accept these credentials (${what})`, next: 'Log in again as your cluster wants it (kubectl get jobs shows the same), then run again.' });
  }
  if (status === 403 && /exceeded quota/.test(said)) {
    return new KubeError(status, 'Quota', { class: 'environment', message, next: 'Free some of the namespace’s quota or lower engine.resources, then run again; finished work is kept.' });
  }
  if (status === 403) {
    return new KubeError(status, reason, { class: 'environment', message, next: 'crpm doctor --engine kubernetes prints the Role that is needed, for the administrator of the cluster.' });
  }
  if (status === 404 && /namespaces? .*not found/.test(said)) {
    return new KubeError(status, reason, { class: 'environment', message, next: 'Name a namespace that is there (engine.namespace), or make it: kubectl create namespace NAME.' });
  }
  const transient = status === 429 || status >= 500 ? { transient: true as const } : {};
  return new KubeError(status, reason, { class: 'environment', message, next: 'See whether kubectl get jobs works; then run again.', ...transient });
}

/** What a server that is being restarted, or a network that hiccups, gives. */
const PASSING = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE', 'TIMEOUT', 'CUT']);

export function connectionFailure(code: string, what: string, said: string, server: string, cause?: unknown): KubeError {
  const passing = PASSING.has(code) ? { transient: true as const } : {};
  const message = `the cluster at ${server} can’t be reached: ${said} (${what})`;
  const next = code === 'ENOTFOUND' || PASSING.has(code) ? 'See whether it is up and this machine reaches it (kubectl version); then run again.' : 'See whether the kubeconfig has the right certificate authority and address (kubectl version shows the same).';
  return new KubeError(0, code, { class: 'environment', message, next, ...passing }, cause);
}

/** Whether the same call may well succeed in a moment. */
export function isPassing(error: unknown): boolean {
  return error instanceof KubeError && error.failure.transient === true;
}

export function isStatus(error: unknown, status: number): error is KubeError {
  return error instanceof KubeError && error.status === status;
}
