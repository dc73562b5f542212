import { basename } from 'node:path';
import { unreachable, type GraphNode } from '@crpm/core';

import { readPlace } from '../compile/ids.js';
import { isAddress } from '../compile/tree-place.js';
import { CUSTOM_REPO } from '../kubevirt/repo-file.js';
import type { CreaterepoParams, PrebuiltParams, RpmDepsParams, ServeParams, TaskParams, VerifyParams } from '../params.js';
import { quote } from '../quote.js';
import { rpmsFolder } from './roots.js';
import { imageOf, needEnding, type Step, type Whole } from './step.js';
import { words } from './text.js';

export function prebuiltStep({ id }: GraphNode, { package: name, rpms, of }: PrebuiltParams, whole: Whole): Step {
  const folder = rpmsFolder(id);
  const lines = rpms.flatMap((rpm) => {
    if (!isAddress(rpm)) return [`find ${quote(rpm)} -name '*.rpm' ! -name '*.src.rpm' -exec cp -t ${folder} {} +`];
    const file = `${folder}/${quote(decodeURIComponent(basename(new URL(rpm).pathname)))}`;
    const sum = whole.pinned(rpm);
    return [`curl -fsSL -o ${file} ${quote(rpm)}`, ...(sum === undefined ? [] : [`echo "${sum}  "${file} | sha256sum --check --quiet`])];
  });
  // Of base systems' RPMs in one place, those of one: .el9 and .el9_4, not .el90.
  const own = of ? [`find ${folder} -name '*.rpm' ! -name ${quote(`*${of.dist}.*`)} ! -name ${quote(`*${of.dist}_*`)} -delete`] : [];
  return { title: `RPMs of ${name} that are at hand`, lines: [`rm -rf ${folder} && mkdir -p ${folder}`, ...lines, ...own] };
}

/** `createrepo`: a folder for each architecture of each stream. */
export function createrepoStep(node: GraphNode, { streams, arches }: CreaterepoParams): Step {
  const base = imageOf(needEnding(node, 'base'));
  const lines = streams.flatMap(({ basesystem, stream }) =>
    arches.flatMap((arch) => {
      const folder = `"$WORK"/repo/${basesystem}/${arch}`;
      const from = node.needs.filter((need) => {
        const place = readPlace(need);
        return place.id !== 'base' && (place.stream ?? stream) === stream;
      });
      return [
        `fresh "$${base}" ${folder}`,
        ...from.map((need) => `find ${rpmsFolder(need)} \\( -name '*.${arch}.rpm' -o -name '*.noarch.rpm' \\) -exec cp -n -t ${folder} {} +`),
        // KubeVirt's bazeldnf reads nothing newer.
        `in_root "$${base}" ${folder} createrepo_c --quiet --general-compress-type gz --checksum sha256 .`,
      ];
    }),
  );
  return { title: 'a yum repository of them', uses: ['in_root', 'fresh'], lines };
}

export function serveStep(serve: ServeParams, { port }: Whole): Step {
  switch (serve.mode) {
    case 'process':
    case 'container':
    case 'volume':
      return {
        title: 'the repository on 127.0.0.1, as long as this machine is up: KubeVirt fetches from there',
        lines: [
          "# Not the port of crpm's own server, which may be up.",
          `PORT=\${PORT:-${String((serve.mode === 'volume' ? port : (serve.port ?? port)) + 1)}}`,
          'BASE_URL=http://127.0.0.1:$PORT',
          'echo "$WORK $$" >"$WORK"/repo/made-by',
          'if ! curl -fs -o /dev/null "$BASE_URL/"; then',
          '  nohup python3 -m http.server "$PORT" --bind 127.0.0.1 --directory "$WORK"/repo >/dev/null 2>&1 &',
          '  SERVER=$!',
          '  echo "serving $BASE_URL, pid $SERVER"',
          '  curl -fsS -o /dev/null --retry 20 --retry-delay 1 --retry-connrefused "$BASE_URL/"',
          'fi',
          'curl -fs "$BASE_URL/made-by" | cmp -s - "$WORK"/repo/made-by || { echo "something else is served at $BASE_URL: choose another port, PORT=..." >&2; exit 1; }',
        ],
      };
    case 'none':
      return { title: `your own server publishes "$WORK"/repo`, lines: [`BASE_URL=${quote(serve.baseUrl.replace(/\/$/, ''))}`, 'curl -fsS -o /dev/null "$BASE_URL/"'] };
    default:
      return unreachable(serve);
  }
}

/** `rpm-deps`: KubeVirt's own script, once for each stream and architecture, in the user's tree. `image`: the variable of one that has rpm. */
export function rpmDepsStep(params: RpmDepsParams, image: string): Step {
  const pins = params.published === undefined;
  const pinned = params.packages.flatMap(({ name, pin }) => (pin ? [[name, pin.variable] as const] : []));
  return {
    title: "KubeVirt's own choice of RPMs; crpm does this in a private copy of the tree, and brings back only what it has proven",
    uses: pins ? ['evr_of', 'with_versions'] : [],
    lines: [
      "# The tree is changed in place, and crpm revert can't take back what this script did: git checkout does, in the line below.",
      `KUBEVIRT=${quote(params.kubevirt)}`,
      ...(pins ? ['# What it names without a version (qemu-pr-helper) gets ours as long as it runs: else an official one might be chosen.', 'cp -p "$KUBEVIRT"/hack/rpm-deps.sh "$WORK"/rpm-deps.sh', 'put_back() { cp -p "$WORK"/rpm-deps.sh "$KUBEVIRT"/hack/rpm-deps.sh; }', 'trap put_back EXIT'] : []),
      ...(params.published === undefined ? [] : [`BASE_URL=${quote(params.published.replace(/\/$/, ''))}`]),
      ...params.streams.flatMap(({ basesystem, stream, kubevirtBasesystem, versions }) =>
        params.arches.flatMap((arch) => {
          const url = params.published === undefined ? `$BASE_URL/${basesystem}/${arch}/` : '$BASE_URL/';
          // JSON, which is YAML.
          const repo = `printf '{ "repositories": [{ "arch": "${arch}", "baseurl": "%s", "gpgcheck": 0, "name": "ejected-cs${String(stream)}-${arch}", "repo_gpgcheck": 0 }] }\\n' "${url}" >"$KUBEVIRT"/${CUSTOM_REPO}`;
          const folder = `"$WORK"/repo/${basesystem}/${arch}`;
          const own = pins ? pinned.map(([name, variable]) => `evr=$(evr_of "$${image}" ${quote(name)} ${folder}); [ -z "$evr" ] || told+=("${variable}=$evr")`) : [];
          return [
            repo,
            `told=(${words([`KUBEVIRT_CENTOS_STREAM_VERSION=${String(stream)}`, `CUSTOM_REPO=${CUSTOM_REPO}`, `SINGLE_ARCH=${arch}`, `BASESYSTEM=${kubevirtBasesystem}`, ...Object.entries(versions).map(([name, value]) => `${name}=${value}`), ...(params.crossArchEmulation ? ['KUBEVIRT_CROSS_ARCH_EMULATION=true'] : [])])})`,
            ...own,
            ...(pins ? [`with_versions "$${image}" ${folder} "$WORK"/rpm-deps.sh >"$KUBEVIRT"/hack/rpm-deps.sh`] : []),
            'if [ -x "$KUBEVIRT"/hack/dockerized ]; then (cd "$KUBEVIRT" && SYNC_VENDOR=true hack/dockerized "${told[*]} ./hack/rpm-deps.sh"); else (cd "$KUBEVIRT" && env "${told[@]}" hack/rpm-deps.sh); fi',
          ];
        }),
      ),
      ...(pins ? ['put_back', 'trap - EXIT'] : []),
      `rm -f "$KUBEVIRT"/${CUSTOM_REPO}`,
      'echo "the way back, with all else that changed in both: git -C $KUBEVIRT checkout -- WORKSPACE rpm/BUILD.bazel"',
    ],
  };
}

/** `verify`: less than crpm proves, but no build that KubeVirt left aside passes for one. */
export function verifyStep(params: VerifyParams): Step {
  return {
    title: "whether KubeVirt's WORKSPACE names the very bytes; crpm verify looks at far more: each tree, other versions beside, addresses, what else moved",
    lines: [
      `KUBEVIRT=${quote(params.kubevirt)}`,
      'taken=0 others=0',
      'while IFS= read -r -d "" rpm; do',
      '  sum=$(sha256sum "$rpm" | cut -d" " -f1)',
      '  if grep -q "$sum" "$KUBEVIRT"/WORKSPACE; then taken=$((taken + 1)); echo "taken       $(basename "$rpm")"',
      '  elif name=$(basename "$rpm"); name=${name%-*-*}; grep -q "name = \\"${name//+/__plus__}-[0-9][0-9]*__" "$KUBEVIRT"/WORKSPACE; then others=$((others + 1)); echo "not taken   $(basename "$rpm"): another one is"',
      '  else echo "not needed  $(basename "$rpm")"; fi',
      `done < <(find "$WORK"/repo -name '*.rpm' -print0 | sort -z)`,
      '[ -z "${SERVER-}" ] || echo "left running: the server at $BASE_URL, from which KubeVirt fetches; its end: kill $SERVER"',
      'if [ "$taken" -eq 0 ] || [ "$others" -gt 0 ]; then echo "not proven: KubeVirt names $taken of these RPMs, and in the place of $others another one" >&2; exit 1; fi',
      'echo "KubeVirt names $taken of these RPMs"',
    ],
  };
}

export function taskStep({ root, run, env }: TaskParams): Step {
  const argv = typeof run === 'string' ? ['sh', '-c', run] : run;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `).join('');
  return { title: 'a task of yours', lines: [`(cd ${quote(root)} && ${variables}CRPM_REPO_URL=\${BASE_URL-} ${words(argv)})`] };
}
