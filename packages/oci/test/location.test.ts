import { describe, expect, it } from 'vitest';
import { apiRoot, formatLocation, parseLocation } from '../src/location.js';

describe('an address in a registry', () => {
  it.each([
    ['oci://quay.io/team/crpm', { registry: 'quay.io', repository: 'team/crpm' }],
    ['quay.io/team/crpm:v1', { registry: 'quay.io', repository: 'team/crpm', tag: 'v1' }],
    ['oci://localhost:5000/a', { registry: 'localhost:5000', repository: 'a' }],
    ['oci://[::1]:5000/a/b_c/', { registry: '[::1]:5000', repository: 'a/b_c' }],
    [`registry:5000/a@sha256:${'0'.repeat(64)}`, { registry: 'registry:5000', repository: 'a', digest: `sha256:${'0'.repeat(64)}` }],
  ])('%s', (text, expected) => {
    const location = parseLocation(text);
    expect(location).toEqual({ ok: true, value: expected });
    if (location.ok) expect(formatLocation(location.value)).toBe(text.replace('oci://', '').replace(/\/$/, ''));
  });

  it.each([
    ['https://quay.io/a', 'it must start with oci://'],
    ['oci://quay.io', 'there is no path behind the registry: oci://registry/path'],
    ['oci://me:secret@quay.io/a', 'user and password do not belong in it: docker login keeps them'],
    ['oci://quay.io/Team', '"Team" is no name of a repository: small letters and digits, parted by . _ - and /'],
    ['oci://quay.io/a/../b', '"a/../b" is no name of a repository: small letters and digits, parted by . _ - and /'],
    ['oci://-x/a', '"-x" is no host[:port]'],
    ['oci://quay.io:99999/a', '"quay.io:99999" is no host[:port]'],
    ['oci://quay.io/a:-x', '"-x" is no tag'],
    ['oci://quay.io/a@sha256:12', 'what is behind the @ must be sha256: and 64 hex digits'],
  ])('%s is none', (text, error) => {
    expect(parseLocation(text)).toEqual({ ok: false, error });
  });

  it('is asked in the clear on this machine only, or where the user says so', () => {
    const roots = ['localhost:5000', '127.0.0.1:5000', '[::1]:5000', 'quay.io', '10.244.0.5:5000', 'docker.io', '127.evil.example'].map((registry) => apiRoot(registry, false).href);
    expect(roots).toEqual(['http://localhost:5000/v2/', 'http://127.0.0.1:5000/v2/', 'http://[::1]:5000/v2/', 'https://quay.io/v2/', 'https://10.244.0.5:5000/v2/', 'https://registry-1.docker.io/v2/', 'https://127.evil.example/v2/']);
    expect(apiRoot('10.244.0.5:5000', true).href).toBe('http://10.244.0.5:5000/v2/');
  });
});
