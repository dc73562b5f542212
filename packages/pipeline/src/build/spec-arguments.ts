import type { SpecOptions } from '../params.js';

/**
 * The options by which rpmspec, rpmbuild and dnf builddep read a spec the same way. Each value is one argument, whatever is in it;
 * a later define wins over an earlier one. `dist` is the distribution's own, with its dot: `.el9`.
 */
export function specArguments(options: SpecOptions, dist: string): readonly string[] {
  const macros = { ...options.macros, dist: distTag(options, dist), ...options.defines };
  return [
    ...Object.entries(macros).flatMap(([name, value]) => define(name, value)),
    // What rpm's own `--with X` stands for, in one argument, so that a name can't become an option.
    ...options.with.flatMap((name) => define(`_with_${name}`, `--with-${name}`)),
    ...options.without.flatMap((name) => define(`_without_${name}`, `--without-${name}`)),
  ];
}

/** `.el9.crpm0001`: the suffix comes after `%dist`, because a letter tag before it would make the build older than the official one. */
export function distTag(options: SpecOptions, dist: string): string {
  return options.suffix === undefined ? dist : `${dist}.${options.suffix}`;
}

/** `--define 'NAME VALUE'` */
export function define(name: string, value: string): readonly string[] {
  return ['--define', `${name} ${value}`];
}
