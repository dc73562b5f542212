import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRequestPath } from '../../src/serve/request-path.js';

const SHA = 'a'.repeat(64);

describe('parseRequestPath', () => {
  test('knows repodata, RPMs and the health endpoint, once percent-decoded', () => {
    expect(parseRequestPath('/cs9/x86_64/repodata/repomd.xml')).toEqual({ kind: 'repodata', path: 'cs9/x86_64/repodata/repomd.xml' });
    expect(parseRequestPath(`/cs9/x86_64/by-sha256/${SHA}/libstdc%2B%2B-1%5E2-1.x86_64.rpm`)).toEqual({ kind: 'rpm', path: `cs9/x86_64/by-sha256/${SHA}/libstdc++-1^2-1.x86_64.rpm` });
    expect(parseRequestPath('/.crpm')).toEqual({ kind: 'health' });
    expect(parseRequestPath('/')).toEqual({ kind: 'index' });
    expect(parseRequestPath('/cs9/x86_64/')).toEqual({ kind: 'listing', path: 'cs9/x86_64/' });
  });

  test('drops a query', () => {
    expect(parseRequestPath('/cs9/x86_64/repodata/repomd.xml?/../x')).toMatchObject({ kind: 'repodata' });
  });

  test.each([
    ['http://127.0.0.1/cs9/x86_64/repodata/repomd.xml', 400],
    ['*', 400],
    ['', 400],
    ['/cs9/x86_64/repodata/%00repomd.xml', 400],
    ['/cs9/x86_64/repodata/%zz', 400],
    ['/cs9/x86_64/repodata/%c0%ae', 400],
    ['/cs9/x86_64/repodata/..', 404],
    ['/cs9/../x86_64/repodata/repomd.xml', 404],
    ['/%2e%2e/x86_64/repodata/repomd.xml', 404],
    ['/cs9/x86_64/repodata/%252e%252e', 404],
    ['/cs9/x86_64/repodata/a%2f..%2f..%2fsecret', 404],
    ['//cs9/x86_64/repodata/repomd.xml', 404],
    ['/cs9/x86_64/repodata/', 404],
    [`/cs9/x86_64/by-sha256/${'A'.repeat(64)}/a.rpm`, 404],
    [`/cs9/x86_64/by-sha256/${SHA}/a.txt`, 404],
    ['/manifest.json', 404],
  ] as const)('refuses %j with %i', (target, status) => {
    expect(parseRequestPath(target)).toEqual({ kind: 'refused', status });
  });

  test('never lets through a path with a component that is special to the file system', () => {
    const piece = fc.constantFrom('..', '.', '', '%2e%2e', '%252e', '%00', '%2f', '\\', 'repodata', 'by-sha256', SHA, 'a.rpm', 'cs9', '/', '?', '#', ';', '~', '-x');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const result = parseRequestPath(`/${pieces.join('/')}`);
        if (!('path' in result)) return;
        for (const component of result.path.replace(/\/$/, '').split('/')) expect(component).toMatch(/^[A-Za-z0-9_+~^-][A-Za-z0-9._+~^-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
