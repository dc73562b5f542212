import { define } from './spec-arguments.js';

/**
 * One fixed moment, in seconds since the epoch, for everything that would note the time of a build: the same source gives the same
 * bytes, so that an unchanged package keeps its sha256 in KubeVirt's `WORKSPACE`.
 */
export const BUILD_TIME = 1_700_000_000;

/** The name of the machine, wherever one is written down. */
export const BUILD_HOST = 'crpm';

/** Build time, file times and host name of an RPM come from here and not from this machine. Read with `SOURCE_DATE_EPOCH`. */
export const reproducibleDefines: readonly string[] = [
  ...define('use_source_date_epoch_as_buildtime', '1'),
  ...define('clamp_mtime_to_source_date_epoch', '1'),
  // The same from rpm 4.20 on, which tells that the other one is old.
  ...define('build_mtime_policy', 'clamp_to_source_date_epoch'),
  ...define('_buildhost', BUILD_HOST),
];

/** The environment of every program that packs or builds. HOME is the work folder: no `~/.rpmmacros`, no `~/.gitconfig` of anybody. */
export function buildEnvironment(workRoot: string): Readonly<Record<string, string>> {
  return {
    HOME: workRoot,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    SOURCE_DATE_EPOCH: String(BUILD_TIME),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
}
