import type { DeriveStep, Engine, Labels, OwnedFilter, OwnedObject, PrepareOptions, WorkOptions } from '@crpm/core';

/**
 * An engine whose workspaces are one machine's, though many share the cluster: a workspace's id says where its folder is, and on the machines of a CI, or in containers, all are at the same place. In the
 * cluster `owner` (letters and digits) stands behind it, so that nobody takes up, or cleans away, what somebody else's run is about.
 */
export function ownWorkspaces(engine: Engine, owner: string): Engine {
  const suffix = `.${owner}`;
  const there = (labels: Labels): Labels => ({ ...labels, workspace: `${labels.workspace}${suffix}` });
  // What belongs to no workspace, or to another machine's, is told as it is.
  const here = (object: OwnedObject): OwnedObject => {
    const { workspace } = object.labels;
    return workspace.endsWith(suffix) ? { ...object, labels: { ...object.labels, workspace: workspace.slice(0, -suffix.length) } } : object;
  };
  return {
    ...engine,
    prepareImage: (source, options: PrepareOptions) => engine.prepareImage(source, { ...options, labels: there(options.labels) }),
    deriveImage: (from, step: DeriveStep) => engine.deriveImage(from, { ...step, labels: there(step.labels) }),
    openWork: (options: WorkOptions) => engine.openWork({ ...options, labels: there(options.labels) }),
    list: async ({ workspace, ...filter }: OwnedFilter) => (await engine.list({ ...filter, ...(workspace === undefined ? {} : { workspace: `${workspace}${suffix}` }) })).map(here),
  };
}
