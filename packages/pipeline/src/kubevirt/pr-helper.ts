/** The outcome of pinning qemu-pr-helper in a private copy's script. */
export interface PinnedScript {
  readonly text: string;
  /** Why the script was left as it is although its qemu-pr-helper might not be ours. */
  readonly warning?: string;
}

/**
 * KubeVirt pins what comes from QEMU's spec, all but qemu-pr-helper: a bare name takes the newest of any repository, or with some
 * resolvers the first. Gives that line of `hack/rpm-deps.sh` our EVR (`17:10.1.0-20.el9.crpm0001`).
 */
export function pinPrHelper(script: string, evr: string): PinnedScript {
  const bare = /^([ \t]*)qemu-pr-helper[ \t]*$/gm;
  if (bare.test(script)) return { text: script.replace(bare, `$1qemu-pr-helper-${evr}`) };
  // A later KubeVirt may pin it by itself.
  if (/^[ \t]*qemu-pr-helper-(\$\{?QEMU_VERSION\}?|\d+:)/m.test(script)) return { text: script };
  return { text: script, warning: 'hack/rpm-deps.sh does not name qemu-pr-helper in the known way, so it could not be pinned to the build' };
}
