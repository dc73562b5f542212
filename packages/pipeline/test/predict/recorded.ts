import { parseBuild, parseWorkspaceRpms } from '@crpm/rpm';

/** What a model of the choice can't know: the repository was down, or its metadata was of a kind that this version does not read. */
export const UNREADABLE = /no such file or directory|invalid header/;

/** The tree's rules, each with the repository that its first address lies in. */
export function recorded({ exit, error, workspace, build }: { readonly exit: number; readonly error?: readonly string[]; readonly workspace: string; readonly build: string }) {
  if (exit !== 0) return error?.[0];
  const rules = new Map(parseWorkspaceRpms(workspace).map((rule) => [rule.name, rule]));
  const [tree] = parseBuild(build).trees;
  return (tree?.rpms ?? [])
    .map((label) => {
      const rule = rules.get(label);
      const name = (rule?.name ?? '').replace(/\.[^.]+$/, '').replaceAll('__plus__', '+').replaceAll('__tilde__', '~').replaceAll('__caret__', '^').replaceAll('__', ':');
      return `${name} of ${/\/official\//.test(rule?.urls[0] ?? '') ? 'official' : 'custom'}`;
    })
    .sort();
}
