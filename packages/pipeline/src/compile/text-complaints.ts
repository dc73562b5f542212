import type { Config } from '@crpm/core';

/** Repository ids and URLs end up in a `.repo` file, one a line; a line break would start a line of its own there. */
const LINE_BREAK = /[\r\n]/;
const REPO_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MACRO_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CONDITION = /^[A-Za-z0-9_][A-Za-z0-9_+.-]*$/;

/** Text that would not reach a program as the one argument, file name or line that it is meant to be. */
export function textComplaints(config: Config): readonly string[] {
  return [...nulComplaints(config, ''), ...repoComplaints(config), ...macroComplaints(config)];
}

/** No argument, path or environment value can hold a NUL. */
function nulComplaints(value: unknown, path: string): readonly string[] {
  if (typeof value === 'string') return value.includes('\0') ? [`${path} holds a NUL character, which no program can be given`] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    ...(key.includes('\0') ? [`a name under ${path || 'the config'} holds a NUL character`] : []),
    ...nulComplaints(child, path === '' ? key : `${path}.${key}`),
  ]);
}

function repoComplaints({ basesystems }: Config): readonly string[] {
  const repos = basesystems.flatMap((basesystem) => basesystem.repos.map((repo) => ({ ...repo, at: `basesystems.${basesystem.name}.repos` })));
  return repos.flatMap(({ name, baseUrl, at }) => {
    return [
      ...(REPO_NAME.test(name) ? [] : [`${at}: ${JSON.stringify(name)} is no repository id; letters, digits, ".", "_" and "-" are allowed`]),
      ...(LINE_BREAK.test(baseUrl) ? [`${at}: the baseUrl of ${JSON.stringify(name)} holds a line break`] : []),
    ];
  });
}

/** rpm splits a define at the first blank: a name with one would define something else. */
function macroComplaints({ basesystems, packages }: Config): readonly string[] {
  const macros = basesystems.flatMap((basesystem) => Object.keys(basesystem.macros).map((name) => [`basesystems.${basesystem.name}.macros`, name] as const));
  const defines = packages.flatMap(({ name, build }) => Object.keys(build.defines).map((macro) => [`build.defines of ${name}`, macro] as const));
  const conditions = packages.flatMap(({ name, build }) => [...build.with, ...build.without].map((condition) => [`build.with and build.without of ${name}`, condition] as const));
  return [
    ...[...macros, ...defines]
      .filter(([, name]) => !MACRO_NAME.test(name))
      .map(([at, name]) => `${at}: ${JSON.stringify(name)} is no macro name; letters, digits and "_" are allowed, without the leading %`),
    ...conditions
      .filter(([, name]) => !CONDITION.test(name))
      .map(([at, name]) => `${at}: ${JSON.stringify(name)} is no name of a build condition; letters, digits and "_+.-" are allowed`),
  ];
}
