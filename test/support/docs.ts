import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '../..');

export interface Page {
  /** Relative to the repository: `docs/cookbook.md`. */
  readonly path: string;
  readonly text: string;
}

/** What users read: the README and the pages of docs/. */
export function pages(): readonly Page[] {
  const paths = ['README.md', ...readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  return paths.map((path) => ({ path, text: readFileSync(join(REPOSITORY, path), 'utf8') }));
}

export interface Example {
  /** `docs/cookbook.md:12` */
  readonly at: string;
  readonly text: string;
}

/** Fenced blocks of YAML that are a config of crpm's. Another file says in a comment on its first line what it is. */
export function configs({ path, text }: Page): readonly Example[] {
  return yamls({ path, text }).filter((block) => !/^# \S*\.ya?ml\b/.test(block.text) || block.text.startsWith('# custom-rpms.config.yaml'));
}

/** Fenced blocks of YAML, whatever they are. */
export function yamls({ path, text }: Page): readonly Example[] {
  return [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map((match) => ({ at: `${path}:${String(lineAt(text, match.index))}`, text: match[1] ?? '' }));
}

/** Events as lines of JSON; `…` stands for what is left out of a list or an object. */
export function events({ path, text }: Page): readonly Example[] {
  return [...text.matchAll(/^ {4}(\{"type":.*)$/gm)].map((match) => ({ at: `${path}:${String(lineAt(text, match.index))}`, text: (match[1] ?? '').replaceAll(/(?:, ?)?…(?=[\]}])/g, '') }));
}

/** Command lines of crpm that stand in indented blocks or are steps of a workflow, each part of an `&&` by itself, with the variables before it. */
export function commandLines({ path, text }: Page): readonly Example[] {
  return text.split('\n').flatMap((line, index) => {
    if (!/^ {4}(?:\$ )?\S|^ *- run: /.test(line)) return [];
    return line
      .trim()
      .replace(/^(?:\$|- run:) /, '')
      .replace(/\s+#.*$/, '')
      .split(/ && |; /)
      .map((part) => part.replace(/^npx /, '').trim())
      .filter((part) => /^(?:[A-Z_]+=\S* )*crpm(?: |$)/.test(part))
      .map((part) => ({ at: `${path}:${String(index + 1)}`, text: part }));
  });
}

/** Commands that are spoken of: `crpm …` between backquotes. Those with a choice in them (`[-f]`, `a|b`, `…`) are no command lines. */
export function spokenCommands({ path, text }: Page): readonly Example[] {
  return [...text.matchAll(/`((?:[A-Z_]+=\S+ )*crpm(?: [^`]*)?)`/g)].filter(([, command = '']) => !/[[\]|…<]/.test(command)).map((match) => ({ at: `${path}:${String(lineAt(text, match.index))}`, text: (match[1] ?? '').replaceAll(/\s+/g, ' ') }));
}

/** Links within the repository. */
export function links({ path, text }: Page): readonly Example[] {
  return [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((match) => ({ at: `${path}:${String(lineAt(text, match.index))}`, text: match[1] ?? '' }));
}

/** As GitHub makes them of headings. */
export function anchors(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')));
}

/** Variables and words of a command line, quotes taken away. Nothing else of a shell is in the docs. */
export function parseCommandLine(line: string): { readonly env: Readonly<Record<string, string>>; readonly argv: readonly string[] } {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|\S)+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));
  const at = words.indexOf('crpm');
  return { env: Object.fromEntries(words.slice(0, at).map((word) => word.split('='))) as Readonly<Record<string, string>>, argv: words.slice(at + 1) };
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
