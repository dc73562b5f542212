import { evaluate } from './evaluate.js';
import { statements, Unreadable } from './statements.js';

/** One `rpmtree` call of a script. */
export interface TreeRequest {
  /** `launcherbase_x86_64_cs9` */
  readonly name: string;
  /** As they are asked for: `qemu-img-17:10.1.0-20.el9`, or a name alone. */
  readonly requests: readonly string[];
  readonly basesystem: string;
  /** Regular expressions of what is left out with all that it would bring along. */
  readonly ignored: readonly string[];
  /** Files that name the repositories, in their order, relative to the tree. */
  readonly repoFiles: readonly string[];
}

/** What a `hack/rpm-deps.sh` would do with certain variables. */
export interface DepsScript {
  readonly trees: readonly TreeRequest[];
  /** Version variables (`QEMU_VERSION`), with the value they end with: what was given, else the script's own default. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Reads a script without running any of it. `variables`: as it would get them. A string says why it can't be read: it has become something that this
 * does not understand, and then only running it tells.
 */
export function readDepsScript(script: string, variables: Readonly<Record<string, string>>): DepsScript | string {
  const trees: TreeRequest[] = [];
  try {
    const values = evaluate(statements(script), variables, (argv) => {
      const at = argv.indexOf('rpmtree');
      if (at >= 0) trees.push(treeRequest(argv.slice(at + 1)));
    });
    const versions = [...values].filter(([name, value]) => /^[A-Z][A-Z0-9]*_VERSION$/.test(name) && /^\d+:[^\0]+$/.test(value));
    return { trees, versions: Object.fromEntries(versions) };
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

/** Options of `bazeldnf rpmtree` that stand alone; all others are followed by their value, or have it behind `=`. */
const SWITCHES = new Set(['--public', '--nobest', '-n', '--ignore-missing']);

function treeRequest(argv: readonly string[]): TreeRequest {
  const requests: string[] = [];
  const ignored: string[] = [];
  const repoFiles: string[] = [];
  let name = '';
  let basesystem = '';
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) requests.push(word);
    if (!word.startsWith('-') || SWITCHES.has(word)) continue;
    const [option = '', inline] = word.split(/=(.*)/s, 2);
    const value = inline ?? argv[++at] ?? '';
    if (option === '--name') name = value;
    else if (option === '--basesystem') basesystem = value;
    else if (option === '--force-ignore-with-dependencies') ignored.push(value);
    else if ((option === '--repofile' || option === '-r') && !value.includes('\0')) repoFiles.push(value);
  }
  if ([name, basesystem, ...requests].some((text) => text.includes('\0'))) throw new Unreadable(`what ${name.replaceAll('\0', '…') || 'a tree'} asks for hangs on what a program answers`);
  return { name, requests, basesystem, ignored, repoFiles };
}
