import { unreachable, type GraphNode } from '@crpm/core';

import { readPlace } from '../compile/ids.js';
import { CUSTOM_REPO } from '../kubevirt/repo-file.js';
import type { CreaterepoParams, PrebuiltParams, RpmDepsParams, ServeParams, TaskParams, VerifyParams } from '../params.js';
import { quote } from '../quote.js';
import { rpmsFolder } from './roots.js';
import { imageOf, needEnding, type Step, type Whole } from './step.js';
import { words } from './text.js';

export function prebuiltStep({ id }: GraphNode, { package: name, rpms }: PrebuiltParams): Step {
  const folder = rpmsFolder(id);
  const lines = rpms.map((rpm) => (/^https?:/i.test(rpm) ? `(cd ${folder} && curl -fsSLO ${quote(rpm)})` : `find ${quote(rpm)} -name '*.rpm' -exec cp -t ${folder} {} +`));
  return { title: `RPMs of ${name} that are at hand`, lines: [`mkdir -p ${folder}`, ...lines] };
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
        `rm -rf ${folder} && mkdir -p ${folder}`,
        ...from.map((need) => `find ${rpmsFolder(need)} \\( -name '*.${arch}.rpm' -o -name '*.noarch.rpm' \\) -exec cp -n -t ${folder} {} +`),
        // KubeVirt's bazeldnf reads nothing newer.
        `in_root "$${base}" ${folder} createrepo_c --quiet --general-compress-type gz --checksum sha256 .`,
      ];
    }),
  );
  return { title: 'a yum repository of them', uses: ['in_root'], lines };
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
          '  echo "serving $BASE_URL, pid $!"',
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

/** `rpm-deps`: KubeVirt's own script, once for each stream and architecture, in the user's tree. */
export function rpmDepsStep(params: RpmDepsParams): Step {
  const pinned = params.packages.flatMap(({ name, pin }) => (pin ? [[name, pin.variable] as const] : []));
  return {
    title: "KubeVirt's own choice of RPMs; crpm does this in a private copy of the tree, and brings back only what it has proven",
    uses: ['evr_of'],
    lines: [
      '# RPMs that it names without a version (qemu-pr-helper) are left to the resolver here, which may choose an official one.',
      "# The tree is changed in place, and crpm revert can't take back what this script did: git checkout does, in the line below.",
      `KUBEVIRT=${quote(params.kubevirt)}`,
      ...(params.published === undefined ? [] : [`BASE_URL=${quote(params.published.replace(/\/$/, ''))}`]),
      ...params.streams.flatMap(({ basesystem, stream, kubevirtBasesystem, versions }) =>
        params.arches.flatMap((arch) => {
          const url = params.published === undefined ? `$BASE_URL/${basesystem}/${arch}/` : '$BASE_URL/';
          // JSON, which is YAML.
          const repo = `printf '{ "repositories": [{ "arch": "${arch}", "baseurl": "%s", "gpgcheck": 0, "name": "ejected-cs${String(stream)}-${arch}", "repo_gpgcheck": 0 }] }\\n' "${url}" >"$KUBEVIRT"/${CUSTOM_REPO}`;
          const own = params.published === undefined ? pinned.map(([name, variable]) => `evr=$(evr_of ${quote(name)} "$WORK"/repo/${basesystem}/${arch}); [ -z "$evr" ] || told+=("${variable}=$evr")`) : [];
          return [
            repo,
            `told=(${words([`KUBEVIRT_CENTOS_STREAM_VERSION=${String(stream)}`, `CUSTOM_REPO=${CUSTOM_REPO}`, `SINGLE_ARCH=${arch}`, `BASESYSTEM=${kubevirtBasesystem}`, ...Object.entries(versions).map(([name, value]) => `${name}=${value}`), ...(params.crossArchEmulation ? ['KUBEVIRT_CROSS_ARCH_EMULATION=true'] : [])])})`,
            ...own,
            'if [ -x "$KUBEVIRT"/hack/dockerized ]; then (cd "$KUBEVIRT" && SYNC_VENDOR=true hack/dockerized "${told[*]} ./hack/rpm-deps.sh"); else (cd "$KUBEVIRT" && env "${told[@]}" hack/rpm-deps.sh); fi',
          ];
        }),
      ),
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
      '  elif grep -q "name = \\"$(rpm -qp --nosignature --qf "%{NAME}" "$rpm" | sed "s/+/__plus__/g")-[0-9][0-9]*__" "$KUBEVIRT"/WORKSPACE; then others=$((others + 1)); echo "not taken   $(basename "$rpm"): another one is"',
      '  else echo "not needed  $(basename "$rpm")"; fi',
      `done < <(find "$WORK"/repo -name '*.rpm' -print0 | sort -z)`,
      '[ "$taken" -gt 0 ] && [ "$others" -eq 0 ] || { echo "not proven: $taken taken, $others of which KubeVirt has another" >&2; exit 1; }',
    ],
  };
}

export function taskStep({ root, run, env }: TaskParams): Step {
  const argv = typeof run === 'string' ? ['sh', '-c', run] : run;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `).join('');
  return { title: 'a task of yours', lines: [`(cd ${quote(root)} && ${variables}CRPM_REPO_URL=\${BASE_URL-} ${words(argv)})`] };
}
