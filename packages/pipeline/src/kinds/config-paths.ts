import type { Budget } from '@crpm/core';

import type { RpmbuildParams } from '../params.js';

/*
 * Where the config says what the kinds' params say: a reason to run names keys of the config and never those of crpm's own.
 */
type Paths = Readonly<Record<string, string>>;

const OPTIONS: Paths = {
  'options/macros': 'basesystems.macros',
  'options/defines': 'build.defines',
  'options/with': 'build.with',
  'options/without': 'build.without',
  'options/suffix': 'release.suffix',
  'options/unique': 'release',
};

export const SPEC_CONFIG_PATHS: Paths = { ...OPTIONS, network: 'engine.network', method: 'kind', 'spec/in': 'where the spec is', 'override/version': 'rpmDeps.versions', 'override/variable': 'pin.variable' };

export const BUILD_CONFIG_PATHS: Paths = {
  ...SPEC_CONFIG_PATHS,
  check: 'build.check',
  debuginfo: 'build.debuginfo',
  profile: 'build.profile',
  ccache: 'build.ccache',
  jobs: 'build.jobs',
  memory: 'build.memory',
};

export const BASE_CONFIG_PATHS: Paths = { base: 'basesystem', 'base/reference': 'basesystem.image', network: 'engine.network' };

export const SOURCE_CONFIG_PATHS: Paths = {
  ...Object.fromEntries(['dir', 'git', 'ref', 'file', 'url', 'sha256'].map((key) => [`tree/${key}`, key])),
  'tree/kind': 'kind of source',
  ...Object.fromEntries(['dir', 'git'].map((key) => [`distGit/${key}`, `spec.${key}`])),
  'distGit/ref': 'spec.branch',
  'distGit/kind': 'kind of spec',
  specInTree: 'spec.tree',
  'elsewhere/given': 'spec.sources',
  'elsewhere/url': 'spec.lookaside',
  'elsewhere/urlOfBasesystem': 'lookaside of the basesystem',
};

/** There are two streams at most. */
const STREAMS: Paths = Object.fromEntries(
  ['stream', 'streams/0', 'streams/1'].flatMap((stream) => [
    [`${stream}/versions`, 'rpmDeps.versions'],
    [`${stream}/kubevirtBasesystem`, 'rpmDeps.basesystem'],
    [`${stream}/basesystem`, 'basesystem'],
    [`${stream}/stream`, 'basesystems.stream'],
  ]),
);

export const KUBEVIRT_CONFIG_PATHS: Paths = {
  ...STREAMS,
  kubevirt: 'kubevirt.dir',
  arches: 'arch',
  packages: 'sources',
  package: 'sources',
  foretold: 'sources',
  elsewhere: 'sources',
  published: 'serve.baseUrl',
  mode: 'rpmDeps.mode',
  crossArchEmulation: 'rpmDeps.crossArchEmulation',
  allowOfficial: 'rpmDeps.allowOfficial',
  network: 'engine.network',
};

export const SERVE_CONFIG_PATHS: Paths = Object.fromEntries(['mode', 'port', 'image', 'baseUrl'].map((key) => [key, `serve.${key}`]));

/** The most of the shared budget that a build can use. */
export function wantedBudget({ jobs, memory }: RpmbuildParams): Partial<Budget> {
  return { ...(jobs === undefined ? {} : { jobs }), ...(memory === undefined ? {} : { memory }) };
}
