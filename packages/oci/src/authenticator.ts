import { Readable } from 'node:stream';
import { parseChallenge } from './challenge.js';
import type { Credentials } from './credentials.js';
import { refusal, wrong, type What } from './failure.js';
import { nextUrl, readAll, type HttpRequest, type Transport } from './transport.js';

/** A token, and what to do with it, are small. */
const LIMIT = 1024 * 1024;

export interface Wanted {
  /** What the answer is good for; one is kept for each. */
  readonly key: string;
  /** Scopes besides the one that the registry names, `repository:a/b:pull`. */
  readonly also: readonly string[];
}

/** Answers a registry's challenges, by the token of the distribution specification or by name and password, and remembers what it answered. */
export class Authenticator {
  readonly #transport: Transport;
  readonly #root: URL;
  readonly #find: () => Promise<Credentials | undefined>;
  readonly #known = new Map<string, string>();
  #credentials: Promise<Credentials | undefined> | undefined;

  /** `find` is asked at most once, and not before a registry wants to know. */
  constructor(transport: Transport, root: URL, find: () => Promise<Credentials | undefined>) {
    this.#transport = transport;
    this.#root = root;
    this.#find = find;
  }

  /** The header `Authorization`, as far as known. */
  headerFor(key: string): string | undefined {
    return this.#known.get(key);
  }

  /** Learns what a 401 asks for. False if there is nothing to answer, so that asking again is of no use. */
  async answer(what: What, header: string, { key, also }: Wanted, signal: AbortSignal | undefined): Promise<boolean> {
    this.#known.delete(key);
    const challenge = parseChallenge(header);
    const credentials = await (this.#credentials ??= this.#find());
    if (!challenge) return false;
    if (challenge.scheme === 'basic') {
      if (!credentials || !('password' in credentials)) return false;
      this.#known.set(key, basic(credentials));
      return true;
    }
    const realm = nextUrl(what, challenge.realm, this.#root);
    const scopes = [...(challenge.scope ? [challenge.scope] : []), ...also];
    const answer = await this.#transport.exchange(what, { ...tokenRequest(realm, challenge.service, scopes, credentials), signal });
    const text = (await readAll(what, answer, LIMIT, signal)).toString();
    if (answer.status !== 200) throw refusal({ ...what, doing: `${what.doing}, asking ${realm.host} for a token` }, answer.status, text);
    this.#known.set(key, `Bearer ${tokenIn(what, realm, text)}`);
    return true;
  }
}

function tokenRequest(realm: URL, service: string | undefined, scopes: readonly string[], credentials: Credentials | undefined): HttpRequest {
  if (credentials && 'identitytoken' in credentials) {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'crpm', service: service ?? '', scope: scopes.join(' '), refresh_token: credentials.identitytoken });
    const bytes = Buffer.from(form.toString());
    return { method: 'POST', url: realm, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: { size: bytes.length, open: () => Readable.from([bytes]) } };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers: credentials ? { authorization: basic(credentials) } : {} };
}

function tokenIn(what: What, realm: URL, text: string): string {
  try {
    const { token, access_token } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const found = token ?? access_token;
    if (typeof found === 'string' && /^[\x21-\x7e]+$/.test(found)) return found;
  } catch {
    // Said below.
  }
  throw wrong(what, `${realm.host} gives no token`);
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
