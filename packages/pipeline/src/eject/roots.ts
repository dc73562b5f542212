import { unreachable, type GraphNode } from '@crpm/core';

import type { BaseParams, BuildrootParams, SourceParams, SpecPlace, TreePlace } from '../params.js';
import { quote } from '../quote.js';
import { specName } from '../build/spec-template.js';
import { readingLines } from './reading.js';
import { folderOf, imageOf, needEnding, type Step, type Whole } from './step.js';
import { words } from './text.js';

/** `base`: an image with the rpm tools, or this machine. */
export function baseStep({ id }: GraphNode, params: BaseParams, onHost: boolean): Step {
  const image = imageOf(id);
  const tag = id.toLowerCase().replace('@', '-');
  const folder = `"$WORK"/${id}`;
  const title = 'the base image';
  if (onHost || params.base.kind === 'host') return { title: 'this machine, with what it has', lines: [`command -v ${params.tools.join(' ')} >/dev/null`, `${image}=`] };
  const lines =
    params.base.kind === 'image'
      ? [
          `${image}=${quote(params.base.reference)}`,
          `[ "$(docker image inspect -f '{{.Architecture}}' "$${image}" 2>/dev/null)" = ${goArch(params)} ] || docker pull ${platform(params)} "$${image}"`,
          '# By its id: the name is another image once that of another architecture is pulled.',
          `${image}=$(docker image inspect -f '{{.Id}}' "$${image}")`,
        ]
      : [`${image}=crpm-eject-${tag}`, `docker build ${platform(params)} -t "$${image}" -f ${quote(params.base.file)} ${quote(params.base.context)}`];
  const switches = [...params.enable.flatMap((one) => ['enable', one]), ...params.disable.flatMap((one) => ['disable', one])];
  const tools = ['rpm-build', 'createrepo_c', 'dnf-plugins-core', 'tar', 'xz', 'gzip', 'patch', 'git-core', 'meson', 'ninja-build', 'gcc', 'make', 'autoconf', 'automake'];
  const repos = params.repos.map(({ name, baseUrl }) => `printf '%s\\n' ${words([`[crpm-${name}]`, `name=${name}`, `baseurl=${baseUrl}`, 'enabled=1', 'gpgcheck=0'])} >${folder}/${quote(`crpm-${name}.repo`)}`);
  const hasAll = `docker run --rm --entrypoint sh "$${image}" -c 'for tool; do command -v "$tool" >/dev/null || exit 1; done' sh ${words(params.tools)}`;
  const hasDnf = `docker run --rm --entrypoint sh "$${image}" -c 'command -v dnf' >/dev/null`;
  // Repositories matter to an image that can install from them.
  const setUp = switches.length + repos.length + params.packages.length > 0 ? hasDnf : `! ${hasAll}`;
  return {
    title,
    uses: ['set_up_base'],
    lines: [
      ...lines,
      `mkdir -p ${folder}`,
      ...repos,
      `if ${setUp}; then`,
      `  derive "$${image}" crpm-eject-${tag}-tools ${folder} sh -c "cp /build/*.repo /etc/yum.repos.d/ 2>/dev/null; $SET_UP_BASE" crpm ${words([...switches, '--', ...tools, ...params.packages])}`,
      `  ${image}=crpm-eject-${tag}-tools`,
      'fi',
    ],
  };
}

function platform(params: BaseParams): string {
  return `--platform linux/${goArch(params)}`;
}

function goArch({ arch }: BaseParams): string {
  return { x86_64: 'amd64', aarch64: 'arm64', s390x: 's390x' }[arch];
}

/** `<package>.source`: the trees, copied. */
export function sourceStep({ id }: GraphNode, { package: name, tree, distGit }: SourceParams, whole: Whole): Step {
  const folder = `"$WORK"/${name}-trees${id.includes('@') ? id.slice(id.indexOf('@')) : ''}`;
  const [own, ownUse] = placed(tree, `${folder}/source`, whole);
  const [spec, specUse] = distGit ? placed(distGit, `${folder}/spec`, whole) : [[], []];
  return { title: `the source tree of ${name} as it stands${distGit ? ', and its dist-git folder' : ''}`, uses: [...ownUse, ...specUse], lines: [`mkdir -p ${folder}`, ...own, ...spec] };
}

export function treesOf(node: GraphNode, name: string): string {
  const source = needEnding(node, 'source');
  return `"$WORK"/${name}-trees${source.includes('@') ? source.slice(source.indexOf('@')) : ''}`;
}

function placed(tree: TreePlace, to: string, whole: Whole): readonly [readonly string[], readonly string[]] {
  switch (tree.kind) {
    case 'dir':
      return [[`copy_tree ${quote(tree.dir)} ${to}`], ['copy_tree']];
    case 'git':
      return [[`fetch_commit ${quote(tree.git)} ${quote(whole.pinned(tree.git, tree.ref) ?? tree.ref)} ${to}`], ['fetch_commit']];
    case 'archive':
      return [archived(`cp ${quote(tree.file)}`, '', tree.sha256, tree.format, to), []];
    case 'archive-url':
      return [archived('curl -fsSL -o', quote(tree.url), tree.sha256 ?? whole.pinned(tree.url), tree.format, to), []];
    default:
      return unreachable(tree);
  }
}

/** `get`: what brings an archive to the path that follows it. A source RPM waits for an image that can unpack it. */
function archived(get: string, rest: string, sha256: string | undefined, format: 'tarball' | 'srpm', to: string): readonly string[] {
  const file = `${to}.${format === 'srpm' ? SOURCE_RPM : 'archive'}`;
  const check = sha256 === undefined ? [] : [`echo "${sha256}  "${file} | sha256sum --check --quiet`];
  return [`${get} ${file} ${rest}`.trimEnd(), ...check, ...(format === 'srpm' ? [] : [`rm -rf ${to} && mkdir -p ${to}`, `tar -xf ${file} -C ${to} --strip-components=1`])];
}

const SOURCE_RPM = 'src.rpm';

/** A source RPM is its own dist-git folder. */
function unpackLines(tree: TreePlace, image: string, trees: string): readonly string[] {
  if (tree.kind === 'dir' || tree.kind === 'git' || tree.format !== 'srpm') return [];
  return [
    `fresh "$${image}" ${trees}/source && fresh "$${image}" ${trees}/spec`,
    `in_root "$${image}" ${trees} sh -c 'cd source && rpm2cpio ../source.${SOURCE_RPM} | cpio -idm --quiet'`,
    `cp -a ${trees}/source/. ${trees}/spec`,
  ];
}

/** `<package>.buildroot`: the spec in its place, and what it requires installed. */
export function buildrootStep(node: GraphNode, params: BuildrootParams, { tree }: SourceParams, base: GraphNode): Step {
  const folder = folderOf(node.id);
  const from = imageOf(base.id);
  const image = imageOf(node.id);
  const trees = treesOf(node, params.package);
  const libraries = node.needs.filter((need) => need.includes('.rpmbuild') || need.includes('.prebuilt'));
  return {
    title: `what the spec of ${params.package} requires`,
    uses: ['in_root', 'fresh', 'build_requires', 'fedora_macros'],
    lines: [
      `fresh "$${from}" ${folder}`,
      `mkdir -p ${folder}/rpmbuild/{BUILD,RPMS,SOURCES,SPECS,tmp} ${folder}/ours`,
      ...unpackLines(tree, from, trees),
      ...specLines(params.spec, { folder, trees, base: from }),
      ...libraries.map((need) => `find ${rpmsFolder(need)} -name '*.rpm' -exec cp -t ${folder}/ours {} +`),
      ...readingLines(folder, from, base.id, params.options),
      `${image}=$${from}`,
      `if [ -n "$${from}" ] && ${libraries.length > 0 ? 'true' : `! in_root "$${from}" ${folder} rpmbuild -bc --nobuild "\${SPEC_OPTIONS[@]}" "rpmbuild/SPECS/$spec" >/dev/null 2>&1`}; then`,
      `  ${image}=crpm-eject-${node.id.toLowerCase().replace('@', '-')}`,
      `  derive "$${from}" "$${image}" ${folder} sh -c "$BUILD_REQUIRES" crpm "/build/rpmbuild/SPECS/$spec" ${libraries.length > 0 ? '/build/ours' : "''"}`,
      'fi',
    ],
  };
}

/** Where the RPMs of a node are. */
export function rpmsFolder(id: string): string {
  return `${folderOf(id)}/rpmbuild/RPMS`;
}

/** Puts the spec into SPECS and leaves its name in `spec`; one with placeholders is filled in as far as that goes before a build. */
function specLines({ in: where, file }: SpecPlace, at: { readonly folder: string; readonly trees: string; readonly base: string }): readonly string[] {
  const { folder, trees, base } = at;
  if (where === 'dist-git') {
    return [`cp -a ${trees}/spec/. ${folder}/rpmbuild/SOURCES/`, file === undefined ? `spec=$(basename ${folder}/rpmbuild/SOURCES/*.spec)` : `spec=${quote(specName(file))}`, `cp ${folder}/rpmbuild/SOURCES/${file === undefined ? '"$spec"' : quote(file)} ${folder}/rpmbuild/SPECS/"$spec"`];
  }
  const found = file === undefined ? `found=$(cd ${trees}/source && find . -name '*.spec' | awk '{ print length, $0 }' | sort -n | head -n 1 | cut -d' ' -f2-)` : `found=${quote(file)}`;
  const name = [found, 'spec=$(basename "${found%.in}")'];
  if (file?.endsWith('.in') !== true) return [...name, `cp ${trees}/source/"$found" ${folder}/rpmbuild/SPECS/"$spec"`];
  return [
    ...name,
    `told=$(in_root "$${base}" ${trees}/source meson introspect --projectinfo meson.build)`,
    `name=$(sed -n 's/.*"descriptive_name": "\\([^"]*\\)".*/\\1/p' <<<"$told")`,
    `version=$(sed -n 's/.*"version": "\\([^"]*\\)".*/\\1/p' <<<"$told")`,
    `[ "$version" != undefined ] || version=$(cat ${trees}/source/VERSION)`,
    `sed -e "s/@\\(PACKAGE_\\)\\{0,1\\}VERSION@/$version/g" -e "s/@PACKAGE\\(_NAME\\)\\{0,1\\}@/$name/g" -e 's/@[A-Za-z_][A-Za-z0-9_]*@/0/g' ${trees}/source/"$found" >${folder}/rpmbuild/SPECS/"$spec"`,
  ];
}
