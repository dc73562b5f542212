/** Whether a release, or a version that ends in one, has this `%dist`: `1.el9` and `1.el9_4.2` have `.el9`, `1.el90` has not. */
export function hasDist(release: string, dist: string): boolean {
  for (let at = release.indexOf(dist); at >= 0; at = release.indexOf(dist, at + 1)) {
    if (!/^[A-Za-z0-9]/.test(release.slice(at + dist.length))) return true;
  }
  return false;
}
