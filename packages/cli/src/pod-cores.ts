import type { Config, KubernetesConfig } from '@crpm/core';

/** Cores that a pod asks for, at least one; one where the config does not say. */
export function podCores({ resources: { cpu = '1' } = {} }: KubernetesConfig = {}): number {
  return Math.max(1, Math.ceil(cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu)));
}

/** In a cluster a package compiles with as many jobs as a pod has cores, unless the config says how many. */
export function withPodJobs(config: Config): Config {
  const { kind, kubernetes } = config.engine;
  if (kind !== 'kubernetes' || kubernetes?.resources?.cpu === undefined) return config;
  const jobs = podCores(kubernetes);
  return { ...config, packages: config.packages.map((pkg) => ({ ...pkg, build: { ...pkg.build, jobs: pkg.build.jobs ?? jobs } })) };
}
