/**
 * Its place in the tree; KubeVirt reads `CUSTOM_REPO` relative to the tree, and its rsync takes the root along. No name that a user would choose: by
 * it processes in the builder are known to be ours.
 */
export const CUSTOM_REPO = 'crpm-repo.yaml';

export interface CustomRepo {
  /** CentOS Stream number. */
  readonly stream: number;
  readonly arch: string;
  /** With a slash at its end. */
  readonly baseUrl: string;
}

/**
 * The repo file for bazeldnf, for the calls of one stream: one entry per architecture. Its metadata cache goes by the name alone, and the builder's volume is shared by
 * checkouts, so a name tells workspace, stream and architecture. JSON, which is YAML.
 */
export function customRepoFile(workspaceId: string, repos: readonly CustomRepo[]): string {
  const repositories = repos.map(({ stream, arch, baseUrl }) => ({ arch, baseurl: baseUrl, gpgcheck: 0, name: `crpm-${workspaceId}-cs${stream}-${arch}`, repo_gpgcheck: 0 }));
  return `${JSON.stringify({ repositories }, undefined, 2)}\n`;
}
