/** What a registry wants to see, from `WWW-Authenticate`. */
export type Challenge =
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string }
  | { readonly scheme: 'basic' };

/** The one of a registry's challenges that can be answered, a token before a password. */
export function parseChallenge(header: string): Challenge | undefined {
  const bearer = /(?:^|,)\s*bearer\s+/i.exec(header);
  if (bearer) {
    const given = new Map<string, string>();
    for (const [, name = '', quoted, bare] of header.slice(bearer.index + bearer[0].length).matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s",]+))/gi)) {
      if (!given.has(name.toLowerCase())) given.set(name.toLowerCase(), quoted ?? bare ?? '');
    }
    const [realm, service, scope] = ['realm', 'service', 'scope'].map((name) => given.get(name));
    if (realm !== undefined) return { scheme: 'bearer', realm, ...(service === undefined ? {} : { service }), ...(scope === undefined ? {} : { scope }) };
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(header) ? { scheme: 'basic' } : undefined;
}
