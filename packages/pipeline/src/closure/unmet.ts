/** A requirement that neither our RPMs nor the repositories meet. */
export type UnmetRequirement = {
  /** `libvirt-client-12.5.0-1.el9.crpm0001.x86_64`, as dnf says it: without an epoch of 0. */
  readonly nevra: string;
  readonly requires: string;
};

/** What `dnf repoclosure` (4 and 5) says: a block for each RPM. */
export function unmetIn(lines: readonly string[]): readonly UnmetRequirement[] {
  const found: UnmetRequirement[] = [];
  let nevra: string | undefined;
  for (const line of lines) {
    const named = /^package: (\S+) from /.exec(line)?.[1];
    if (named !== undefined) nevra = named;
    else if (/^\s+unresolved deps/.test(line)) continue;
    else if (nevra !== undefined && /^\s{4,}\S/.test(line)) found.push({ nevra, requires: line.trim() });
    else nevra = undefined;
  }
  return found;
}
