import { fail } from '@crpm/core';

/** A place in a remote repository. */
export interface Remote {
  readonly url: string;
  /** Name of a branch or tag, or a whole commit id. */
  readonly ref: string;
}

const SCHEMES = ['https', 'ssh', 'git', 'file'];
/** What git calls scp-like: `git@host:path`. Not `helper::address`, which would run a program named by it. */
const SCP_LIKE = /^[A-Za-z0-9._~-]+(@[A-Za-z0-9._-]+)?:(?!:)[^\s]/;
/** What `git check-ref-format` refuses, and a leading `-`, which would be an option. */
const BAD_REF = /^[-/.]|\.\.|@\{|\/\/|\/\.|[\x00-\x20\x7f~^:?*[\\]|[/.]$|\.lock(\/|$)|^@$|^$/;

/** Fails with class `usage` unless git may be given this address and ref. */
export function checkRemote({ url, ref }: Remote): void {
  const problem = urlProblem(url);
  if (problem !== undefined) {
    fail({
      class: 'usage',
      message: `git address ${JSON.stringify(withoutSecret(url))} is refused: ${problem}`,
      next: 'Use https://…, ssh://…, git://…, file://…, user@host:path or an absolute path.',
    });
  }
  if (BAD_REF.test(ref)) {
    fail({ class: 'usage', message: `${JSON.stringify(ref)} can't be the name of a git branch or tag`, next: 'Correct the ref (of a spec: branch) in the config.' });
  }
}

function urlProblem(url: string): string | undefined {
  if (url.startsWith('-')) return 'it begins with -';
  if (/[\x00-\x1f\x7f]/.test(url)) return 'it holds control characters';
  if (url.startsWith('/')) return undefined;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    if (!SCHEMES.includes(scheme)) return `${scheme} is no transport that crpm uses`;
    if (/^[^/]*\/\/-/.test(url)) return 'the host begins with -';
    return hasPassword(url) ? 'it holds a password, which would end up in logs; use a credential helper or ssh' : undefined;
  }
  if (url.includes('::')) return 'remote helpers are not run';
  if (SCP_LIKE.test(url) && !url.startsWith('-')) return undefined;
  return 'it is neither an address nor an absolute path';
}

function hasPassword(url: string): boolean {
  return /^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url);
}

/** For messages: the address without what stands between `:` and `@`. */
export function withoutSecret(url: string): string {
  return url.replace(/^([a-z+]+:\/\/[^/@:]*):[^/@]*@/i, '$1:…@');
}
