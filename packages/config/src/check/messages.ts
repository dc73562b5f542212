import { find, formatPath, show, type Document, type Node, type Path } from '../yaml/nodes.js';
import type { Complaints } from './complaints.js';
import type { ShapeError } from './shape.js';

/** What the schema says around the keyword that failed. */
interface Around {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly 'x-expected'?: string;
}

/** Says in words what the validator found: what is wrong, what is allowed, what may have been meant. */
export function complain(error: ShapeError, document: Document, complaints: Complaints): void {
  const { path, keyword, data } = error;
  const params = error.params as Record<string, unknown>;
  const around = (error.parentSchema ?? {}) as Around;
  const name = formatPath(path);
  if (error.propertyName !== undefined) {
    const key = error.propertyName;
    const what = keyword === 'maxLength' ? `at most ${String(params['limit'])} characters` : expected(around);
    complaints.error([...path, key], `the name ${show(key)} in ${name} is not allowed; expected: ${what}`, { part: 'key' });
    return;
  }
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const among = Object.keys(around.properties ?? {});
      const message = `unknown key ${show(key)} in ${name}; allowed: ${among.join(', ')}`;
      return complaints.error([...path, key], message, { part: 'key', suggestion: { word: key, among } });
    }
    case 'required':
      return complaints.error(path, `${name} lacks ${String(params['missingProperty'])}`, { part: 'key' });
    case 'type':
      return complaints.error(path, typeMessage(name, params['type'], find(document.root, path).value));
    case 'enum': {
      const among = (params['allowedValues'] as readonly unknown[]).map(String);
      return complaints.error(path, `${name} must be one of: ${among.join(', ')}; not ${show(data)}`, { suggestion: { word: String(data), among } });
    }
    case 'const':
      return complaints.error(path, `${name} can't be ${show(data)}; leave it out, or write ${show(params['allowedValue'])}`);
    case 'pattern':
      return complaints.error(path, `${name} can't be ${show(data)}; expected: ${expected(around)}${pathForGit(path, data)}`);
    case 'minLength':
    case 'minItems':
      return complaints.error(path, `${name} must not be empty`);
    case 'maxLength':
      return complaints.error(path, `${name} is too long; at most ${String(params['limit'])} characters`);
    case 'uniqueItems':
      return twice(path, name, params, data, complaints);
    case 'minimum':
      return complaints.error(path, `${name} must be at least ${String(params['limit'])}; not ${show(data)}`);
    case 'maximum':
      return complaints.error(path, `${name} must be at most ${String(params['limit'])}; not ${show(data)}`);
    default:
      return complaints.error(path, `${name} ${error.message ?? `breaks the rule ${keyword}`}`);
  }
}

/** A tree on this machine has a key of its own. */
function pathForGit(path: Path, data: unknown): string {
  return path.at(-1) === 'git' && typeof data === 'string' && /^(\.{0,2}\/|~|[^:/]+(\/|$))/.test(data) ? `; a folder on this machine goes under dir: { dir: ${data} }` : '';
}

function expected(around: Around): string {
  return around['x-expected'] ?? 'something else';
}

function twice(path: Path, name: string, params: Record<string, unknown>, data: unknown, complaints: Complaints): void {
  const index = Math.max(Number(params['i']), Number(params['j']));
  complaints.error([...path, index], `${name} has ${show((data as readonly unknown[])[index])} twice`);
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
};

function typeMessage(name: string, type: unknown, node: Node): string {
  const types = (Array.isArray(type) ? type : [type]).map(String);
  const wanted = types.map((each) => TYPE_WORDS[each] ?? each).join(' or ');
  if (node.kind !== 'scalar') return `${name} must be ${wanted}, not ${node.kind === 'sequence' ? 'a list' : 'a mapping'}`;
  const { value, text } = node;
  if (value === null && text === '') return `${name} is empty; it must be ${wanted}`;
  if (types.includes('string')) return `${name} must be ${wanted}, and YAML reads ${text} as ${value === null ? 'nothing' : show(value)}; quote it: ${JSON.stringify(text)}`;
  if (types.includes('boolean') && /^(y|yes|n|no|on|off)$/i.test(text)) {
    return `${name} must be ${wanted}; YAML 1.2 reads ${text} as text: write ${/^(y|yes|on)$/i.test(text) ? 'true' : 'false'}`;
  }
  if (typeof value === 'string' && types.includes('integer') && /^[0-9]+$/.test(text)) return `${name} must be ${wanted}; remove the quotes from ${show(text)}`;
  return `${name} must be ${wanted}, not ${show(value)}`;
}
