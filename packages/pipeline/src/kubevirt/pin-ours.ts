import { formatEvr, type Evr } from '@crpm/rpm';

/** The outcome of pinning RPMs of ours in a private copy's script. */
export interface PinnedScript {
  readonly text: string;
  /** Why the script was left as it is although its qemu-pr-helper might not be ours. */
  readonly warning?: string;
}

const HELPER = 'qemu-pr-helper';

/**
 * KubeVirt pins what comes from QEMU's spec, all but qemu-pr-helper: a bare name takes the newest of any repository, or with some resolvers the first. Gives every line of
 * `hack/rpm-deps.sh` that is the bare name of an RPM of ours our version (`17:10.1.0-20.el9.crpm0001`).
 */
export function pinOurs(script: string, own: readonly (Evr & { readonly name: string })[]): PinnedScript {
  const versions = new Map(own.map((rpm) => [rpm.name, formatEvr(rpm)]));
  const pinned = new Set<string>();
  const text = script.replace(/^([ \t]*)([A-Za-z0-9][A-Za-z0-9._+-]*)[ \t]*$/gm, (line, indent: string, name: string) => {
    const evr = versions.get(name);
    if (evr === undefined) return line;
    pinned.add(name);
    return `${indent}${name}-${evr}`;
  });
  // A later KubeVirt may pin it by itself.
  if (!versions.has(HELPER) || pinned.has(HELPER) || /^[ \t]*qemu-pr-helper-(\$\{?QEMU_VERSION\}?|\d+:)/m.test(script)) return { text };
  return { text, warning: `hack/rpm-deps.sh does not name ${HELPER} in the known way, so it could not be pinned to the build` };
}
