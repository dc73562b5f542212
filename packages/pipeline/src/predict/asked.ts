import { readDepsScript, type TreeRequest } from '../deps-script/read.js';

/** A version that no RPM has: requests that come out with it are left to somebody else. */
const ELSEWHERE = '0:0-crpm.elsewhere';

export interface Call {
  readonly stream: number;
  readonly arch: string;
  readonly basesystem: string;
  /** Where the custom repository's file will lie in the tree. */
  readonly customRepo: string;
  readonly crossArchEmulation: boolean;
  /** Version variables, as the script will get them. */
  readonly versions: Readonly<Record<string, string>>;
  /** Variables of packages that are not looked at here. */
  readonly elsewhere: readonly string[];
}

/** The trees that a `hack/rpm-deps.sh` will ask the resolver for, if it is called so. A text says why that can't be told without running it. */
export function askedFor(script: string, call: Call): readonly TreeRequest[] | string {
  const read = readDepsScript(script, {
    KUBEVIRT_CENTOS_STREAM_VERSION: String(call.stream),
    SINGLE_ARCH: call.arch,
    BASESYSTEM: call.basesystem,
    CUSTOM_REPO: call.customRepo,
    ...(call.crossArchEmulation ? { KUBEVIRT_CROSS_ARCH_EMULATION: 'true' } : {}),
    ...call.versions,
    ...Object.fromEntries(call.elsewhere.map((variable) => [variable, ELSEWHERE])),
  });
  if (typeof read === 'string') return read;
  return read.trees.map((tree) => ({ ...tree, requests: tree.requests.filter((request) => !request.endsWith(`-${ELSEWHERE}`)) }));
}
