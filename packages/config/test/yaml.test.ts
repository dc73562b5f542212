import { describe, expect, test } from 'vitest';
import { find, formatPath, show, toData } from '../src/yaml/nodes.js';
import { parseDocument } from '../src/yaml/parse.js';
import { resolvePlain } from '../src/yaml/scalar.js';
import { decodeSource, locate, MAX_BYTES, toSource } from '../src/yaml/source.js';
import { load } from './workspace.js';

const parse = (text: string) => {
  const document = parseDocument(toSource('f', text));
  if (!document.ok) throw new Error(document.error.map(({ message }) => message).join('; '));
  return document.value;
};
const faults = (text: string) => {
  const document = parseDocument(toSource('f', text));
  return document.ok ? [] : document.error.map(({ message, location }) => `${location?.line}:${location?.column} ${message}`);
};

describe('reading YAML', () => {
  test('gives the values of the core schema', () => {
    expect(toData(parse('a: 1\nb: [x, "1", ~, true, 1.5]\nc:\n  d: |\n    e\n').root)).toEqual({ a: 1, b: ['x', '1', null, true, 1.5], c: { d: 'e\n' } });
  });

  test.each([
    ['', null],
    ['~', null],
    ['null', null],
    ['true', true],
    ['False', false],
    ['012', 12],
    ['0x1f', 31],
    ['0o17', 15],
    ['1e3', 1000],
    ['12.10', 12.1],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['no', 'no'],
    ['12:30', '12:30'],
    ['1_000', '1_000'],
    ['0:11.10.0', '0:11.10.0'],
    ['.el9', '.el9'],
  ])('takes plain %j for %j', (text, value) => {
    expect(resolvePlain(text)).toBe(value);
  });

  test('takes a quoted or !!str scalar for text', () => {
    expect(toData(parse('a: "1"\nb: !!str 2\nc: !!str').root)).toEqual({ a: '1', b: '2', c: '' });
  });

  test('reads tab-indented JSON', () => {
    expect(toData(parse('{\n\t"a": [\n\t\t"\\u00e9",\n\t\t1e2\n\t]\n}\n').root)).toEqual({ a: ['é', 100] });
  });

  test('resolves aliases', () => {
    expect(toData(parse('a: &x { b: [1] }\nc: *x').root)).toEqual({ a: { b: [1] }, c: { b: [1] } });
  });

  test('knows where each key and value is', () => {
    const { root, source } = parse('a:\n  b: ["x y"]\n');
    const { key } = find(root, ['a', 'b']);
    const { value, depth } = find(root, ['a', 'b', 0]);
    expect([key?.start, key?.end, depth]).toEqual([5, 6, 3]);
    expect(locate(source, value.start, value.end)).toEqual({ file: 'f', line: 2, column: 7, length: 5, source: '  b: ["x y"]' });
    expect(find(root, ['a', 'nothing']).depth).toBe(1);
  });
});

describe('a file that is wrong as YAML is told by line and column', () => {
  test.each([
    ['duplicate keys', 'a: 1\nb: 2\na: 3\n', ['3:1 the key "a" is there twice']],
    ['two spellings of one key', 'a: 1\n"a": 2\n', ['2:1 the key "a" is there twice']],
    ['several documents', 'a: 1\n---\nb: 2\n---\nc: 3\n', ['3:1 a second document; a config is one', '5:1 a second document; a config is one']],
    ['a tab in the indentation', 'a:\n\tb: 1\n', ['2:1 a tab in the indentation; YAML wants spaces']],
    ['an open bracket', 'a: [1, 2', ['1:9 not valid YAML: unexpected end of the stream within a flow collection']],
    ['a NUL', 'a: 1\nb: \u0000\n', ['2:4 a NUL character; the file is not text']],
    ['a control character', 'a: 1\nb: \u001b[31m\n', ['2:4 not valid YAML: the stream contains non-printable characters']],
    ['an alias of nothing', 'a: *b\n', ['1:4 no anchor &b comes before this alias']],
    ['an alias inside of its anchor', 'a: &b [1, *b]\n', ['1:11 *b stands inside of what it names']],
    ['a key that is a list', '[a]: 1\n', ['1:1 a key must be text']],
    ['a tag', 'a: !!js/function "x"\n', ['1:4 the tag !!js/function means nothing here; write the value without it']],
    ['a tag on a collection', 'a: !mine {}\n', ['1:4 the tag !mine means nothing here; write the value without it']],
    ['a merge key', 'a: &a {}\nb:\n  <<: *a\n', ['3:3 merge keys (<<) are not part of YAML 1.2; write the keys out']],
    ['nothing', '', ['1:1 the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }']],
    ['comments only', '# nothing\n', ['1:1 the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }']],
    ['null', '---\n~\n', ['1:1 the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }']],
    ['reserved keys', '__proto__: 1\na: { constructor: 1, toString: 2 }\n', [
      `1:1 "__proto__" can't be used as a key or a name; choose another`,
      `2:6 "constructor" can't be used as a key or a name; choose another`,
      `2:22 "toString" can't be used as a key or a name; choose another`,
    ]],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`, ['1:33 nested deeper than 32 levels']],
  ])('%s', (_name, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  test('all faults of one file at once', () => {
    expect(faults('a: 1\na: !x 2\nb: *c\n')).toHaveLength(3);
  });

  test('an alias bomb does not go off', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1) bomb.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`).join(', ')}]`);
    expect(faults(bomb.join('\n'))).toEqual(['5:10 aliases add more than 10000 values; write them out']);
  });
});

describe('bytes', () => {
  const decode = (bytes: Buffer) => {
    const source = decodeSource('f', bytes);
    return source.ok ? source.value.text : `${source.error.location?.line}:${source.error.location?.column} ${source.error.message}`;
  };

  test('a byte order mark is no part of the text, and columns do not count it', async () => {
    expect(decode(Buffer.from('\ufeffa: 1'))).toBe('a: 1');
    const { diagnostics } = await load('\ufeffsourcse: {}\nsources: { libvirt: { dir: x } }\n');
    expect(diagnostics[0]?.location).toMatchObject({ line: 1, column: 1 });
  });

  test('CRLF ends one line', async () => {
    const { text } = await load('sources:\r\n  libvirt:\r\n    dri: x\r\n');
    expect(text).toContain('custom-rpms.config.yaml:3:5: error: unknown key "dri" in sources.libvirt');
    expect(text).toContain(' 3 |     dri: x\n   |     ^^^');
  });

  test.each([
    ['UTF-16 with a mark', Buffer.from('\ufeffa: 1', 'utf16le')],
    ['UTF-16 without', Buffer.from('a: 1', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('a: 1', 'utf16le').swap16()],
  ])('%s is refused', (_name, bytes) => {
    expect(decode(bytes)).toBe('1:1 the file is UTF-16; save it as UTF-8');
  });

  test('Latin-1 is refused where it begins', () => {
    expect(decode(Buffer.from('a: 1\nb: caf\xe9\n', 'latin1'))).toBe('2:7 the file is not UTF-8 from here on; save it as UTF-8');
  });

  test('a megabyte is enough', () => {
    expect(decode(Buffer.alloc(MAX_BYTES, 0x61))).toHaveLength(MAX_BYTES);
    expect(decode(Buffer.alloc(MAX_BYTES + 1, 0x61))).toBe('1:1 the file has more than 1048576 bytes, which no config needs');
  });

  test('no control sequence of a config reaches the terminal', () => {
    expect(locate(toSource('f', 'a: \u001b[31m\u009b1m'), 0, 1).source).toBe('a: \ufffd[31m\ufffd1m');
  });
});

test('paths and values are shown on one line', () => {
  expect(formatPath([])).toBe('the config');
  expect(formatPath(['sources', 'a b', 'needs', 0])).toBe('sources."a b".needs[0]');
  expect(show('x\ny')).toBe('"x\\ny"');
  expect(show('x'.repeat(100))).toHaveLength(59);
});
