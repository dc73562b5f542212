import type { Budget } from '@crpm/core';

import type { RpmbuildParams } from '../params.js';

/** Where the config says what these kinds' params say. */
export const BUILD_CONFIG_PATHS: Readonly<Record<string, string>> = {
  check: 'build.check',
  debuginfo: 'build.debuginfo',
  payload: 'build.profile',
  ccache: 'build.ccache',
  jobs: 'build.jobs',
  memory: 'build.memory',
  'options/defines': 'build.defines',
  'options/with': 'build.with',
  'options/without': 'build.without',
  'options/suffix': 'release.suffix',
  'options/unique': 'release',
};

/** The most of the shared budget that a build can use. */
export function wantedBudget({ jobs, memory }: RpmbuildParams): Partial<Budget> {
  return { ...(jobs === undefined ? {} : { jobs }), ...(memory === undefined ? {} : { memory }) };
}
