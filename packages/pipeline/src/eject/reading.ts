import { FORETOLD_SUFFIX } from '../build/release.js';
import { specArguments } from '../build/spec-arguments.js';
import type { BaseParams, SpecOptions } from '../params.js';
import { quote } from '../quote.js';
import { imageOf } from './step.js';
import { plainName, variable, words } from './text.js';

/** What the base has that specs are read with: its `%dist`, and whether it defines what specs take for granted. */
export function traitLines(id: string, { dist }: Pick<BaseParams, 'dist'>): readonly string[] {
  const base = imageOf(id);
  const [own, macros] = traitNames(id);
  return [
    ...(dist === undefined
      ? [`${own}=$(in_root "$${base}" "$WORK" rpm --eval '%{?dist}')`, `[ -n "$${own}" ] || ${own}=$(in_root "$${base}" "$WORK" sh -c '. /etc/os-release; case $ID in debian) echo .deb\${VERSION_ID%%.*} ;; fedora) echo .fc\${VERSION_ID%%.*} ;; ubuntu) echo .ubuntu\${VERSION_ID%%.*} ;; *) echo .el\${VERSION_ID%%.*} ;; esac')`]
      : [`${own}=${quote(dist)}`]),
    `${macros}=$(in_root "$${base}" "$WORK" rpm --eval '%{?meson}')`,
  ];
}

function traitNames(base: string): readonly [string, string] {
  return [`dist_${plainName(base)}`, `macros_${plainName(base)}`];
}

/** The spec, what it is read with, and macros for an rpm that lacks those of Fedora and CentOS. */
export function readingLines(folder: string, image: string, base: string, options: SpecOptions): readonly string[] {
  const [dist, macros] = traitNames(base);
  return [`spec=$(basename ${folder}/rpmbuild/SPECS/*.spec)`, `DIST=$${dist}`, `root=$(root_of "$${image}" ${folder})`, 'MACRO_OPTIONS=()', `if [ -z "$${macros}" ]; then`, `  printf '%s\\n' "$FEDORA_MACROS" >${folder}/fedora.macros`, '  MACRO_OPTIONS=(--load "$root/fedora.macros")', 'fi', `SPEC_OPTIONS=("\${MACRO_OPTIONS[@]}" ${words(specArguments(told(options), variable('DIST')))} --define "_topdir $root/rpmbuild")`];
}

/** A release of each build's own is the time at which the script runs. */
export function told(options: SpecOptions): SpecOptions {
  return options.suffix === FORETOLD_SUFFIX ? { ...options, suffix: variable('RELEASE') } : options;
}
