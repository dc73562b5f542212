import type { OfficialRepo } from '../predict/repo-files.js';
import { OURS } from './scripts.js';

/**
 * The repositories as dnf reads them: ours, below the work's root, and those that KubeVirt's resolver will have; no others. A `$` of an address would be a variable
 * there, and a blank the end of it.
 */
export function repositoriesFile(root: string, official: readonly OfficialRepo[]): string {
  const sections = [{ id: OURS, address: `file://${root}/ours` }, ...official.map(({ baseUrl }, index) => ({ id: `crpm-official-${String(index)}`, address: new URL(baseUrl).href }))];
  return sections
    .map(({ id, address }) => [`[${id}]`, `name=${id}`, `baseurl=${address.replaceAll('$', '%24')}`, 'enabled=1', 'gpgcheck=0', 'repo_gpgcheck=0', 'skip_if_unavailable=0', ...(id === OURS ? ['metadata_expire=0'] : []), ''].join('\n'))
    .join('\n');
}

/** Whether dnf can be given all of them: those on this machine's disk are not in a container. */
export function unusable(official: readonly OfficialRepo[], onHost: boolean): string | undefined {
  const odd = official.find(({ baseUrl }) => !URL.canParse(baseUrl) || !(onHost ? ['http:', 'https:', 'file:'] : ['http:', 'https:']).includes(new URL(baseUrl).protocol));
  return odd && `${odd.name} is at ${odd.baseUrl}, where dnf can’t look`;
}
