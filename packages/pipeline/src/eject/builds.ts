import type { GraphNode } from '@crpm/core';

import { BUILD_TIME } from '../build/reproducible.js';
import { rpmbuildArguments } from '../build/rpmbuild-command.js';
import type { DistParams, RpmbuildParams, SourceParams } from '../params.js';
import { quote } from '../quote.js';
import { readingLines, told } from './reading.js';
import { treesOf } from './roots.js';
import { folderOf, imageOf, needEnding, type Step } from './step.js';
import { command, variable, words } from './text.js';

/** `<package>.dist`: the archive that the spec names as its first source. */
export function distStep(node: GraphNode, params: DistParams, source: SourceParams, base: string): Step {
  const folder = folderOf(node.id);
  const image = imageOf(needEnding(node, 'buildroot'));
  const trees = treesOf(node, params.package);
  const given = params.method === 'none' ? [] : [`ask_spec "$${image}" ${folder}`];
  const url = source.elsewhere?.url ?? source.elsewhere?.urlOfBasesystem;
  return {
    title: `the source archive of ${params.package}`,
    uses: ['in_root', 'ask_spec', 'fedora_macros', ...(params.method === 'none' ? [] : ['own_archive']), ...(url === undefined ? [] : ['lookaside']), ...METHOD_USES[params.method], ...patchUses(params)],
    lines: [
      ...readingLines(folder, image, base, params.options),
      ...given,
      ...METHODS[params.method](folder, image, trees),
      ...patchLines(params, folder, trees),
      ...(params.method === 'none' ? [] : [`own_archive ${folder}/rpmbuild/SPECS/"$spec"`]),
      ...(source.elsewhere?.given === undefined ? [] : [`cp -n ${quote(source.elsewhere.given)}/* ${folder}/rpmbuild/SOURCES/`]),
      ...(url === undefined ? [] : [`[ ! -f ${folder}/rpmbuild/SOURCES/sources ] || lookaside ${folder}/rpmbuild/SOURCES/sources ${quote(url)} "$(in_root "$${image}" ${folder} rpmspec -q --srpm --qf '%{NAME}' "\${SPEC_OPTIONS[@]}" "rpmbuild/SPECS/$spec")" ${folder}/rpmbuild/SOURCES`]),
    ],
  };
}

type Method = (folder: string, image: string, trees: string) => readonly string[];

const METHOD_USES: Readonly<Record<DistParams['method'], readonly string[]>> = { archive: ['pack'], meson: ['meson_dist'], autotools: ['make_dist'], none: [] };

const METHODS: Readonly<Record<DistParams['method'], Method>> = {
  archive: (folder, image, trees) => [
    `mkdir -p ${folder}/dist && cp -a ${trees}/source ${folder}/dist/"$top"`,
    `if ls ${folder}/dist/"$top"/subprojects/*.wrap >/dev/null 2>&1; then`,
    `  # with network: a build has none, and fetches nothing`,
    `  if [ -z "$${image}" ]; then meson subprojects download --sourcedir ${folder}/dist/"$top" || true`,
    `  else docker run --rm --network "$NETWORK" -v ${folder}:/build --entrypoint meson "$${image}" subprojects download --sourcedir "/build/dist/$top" || true; fi`,
    'fi',
    `in_root "$${image}" ${folder} sh -c 'cd dist && exec sh -c "$@"' sh "$PACK" crpm "$archive" "$top" ${String(BUILD_TIME)}`,
    `mv ${folder}/dist/"$archive" ${folder}/rpmbuild/SOURCES/`,
  ],
  meson: (folder, image, trees) => [
    `cp -a ${trees}/source ${folder}/source && mkdir -p ${folder}/dist`,
    `in_root "$${image}" ${folder} sh -c "$MESON_DIST" crpm "$archive" "$spec"`,
    `mv ${folder}/dist/"$archive" ${folder}/rpmbuild/SOURCES/`,
    `[ ! -s ${folder}/dist/"$spec" ] || cp ${folder}/dist/"$spec" ${folder}/rpmbuild/SPECS/`,
  ],
  autotools: (folder, image, trees) => [
    `cp -a ${trees}/source ${folder}/source`,
    `in_root "$${image}" ${folder} sh -c "$MAKE_DIST" crpm "$JOBS"`,
    `in_root "$${image}" ${folder} sh -c 'gzip -dc "source/$1.tar.gz" | case $2 in *.xz) xz -T0 -0 ;; *.bz2) bzip2 -1 ;; *.zst) zstd -q -1 ;; *.tar) cat ;; *) gzip -n -1 ;; esac >"rpmbuild/SOURCES/$2"' crpm "$top" "$archive"`,
  ],
  none: () => [],
};

/** The function that says which patches stay; nothing: all do. */
function patchUses({ method, patches }: DistParams): readonly string[] {
  if (patches === 'keep') return [];
  if (patches === 'auto') return method === 'none' ? [] : ['own_patches'];
  return ['keep_patches'];
}

function patchLines(params: DistParams, folder: string, trees: string): readonly string[] {
  const spec = `${folder}/rpmbuild/SPECS/"$spec"`;
  const { patches } = params;
  const what = patches === 'auto' ? `${trees}/source` : typeof patches === 'string' ? '' : words(patches);
  return patchUses(params).map((keep) => `${keep} ${spec} ${what}`.trimEnd());
}

/** `<package>.rpmbuild`. An incremental build is a clean one here, right behind its archive; else this `isFirst` to name the spec. */
export function rpmbuildStep(node: GraphNode, params: RpmbuildParams, traits: { readonly base: string; readonly checkBuildRequires: boolean | undefined }, isFirst: boolean): Step {
  const folder = folderOf(node.id);
  const image = imageOf(needEnding(node, 'buildroot'));
  const buildroot = { dist: variable('DIST'), lacksMacros: false, checkBuildRequires: true };
  const argv = rpmbuildArguments({ ...params, options: told(params.options) }, { buildroot, topdir: `${variable('root')}/rpmbuild`, jobs: 0, spec: '' }).slice(0, -1);
  const withJobs = argv.map((one) => (one === '_smp_build_ncpus 0' ? `_smp_build_ncpus ${variable('JOBS')}` : one));
  return {
    title: `the RPMs of ${params.package}`,
    uses: ['in_root', 'fedora_macros'],
    lines: [
      ...(isFirst ? readingLines(folder, image, traits.base, params.options) : []),
      ...(traits.checkBuildRequires === undefined
        ? [`NODEPS=()`, `! in_root "$${image}" ${folder} sh -c 'command -v dpkg-query' >/dev/null || NODEPS=(--nodeps) # rpm knows no package of Debian`]
        : [`NODEPS=(${traits.checkBuildRequires ? '' : '--nodeps'})`]),
      command(`in_root "$${image}" ${folder} rpmbuild -bb "\${NODEPS[@]}" "\${MACRO_OPTIONS[@]}"`, withJobs) + ' \\\n  "rpmbuild/SPECS/$spec"',
    ],
  };
}
