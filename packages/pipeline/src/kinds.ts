import type { NodeKind } from '@crpm/core';
import type { TakeLook } from '@crpm/sources';

import { sayingOfLeftOutSource } from './build/left-out-source.js';
import { baseKind } from './kinds/base.js';
import { buildrootKind } from './kinds/buildroot.js';
import { closureKind } from './kinds/closure.js';
import { createrepoKind } from './kinds/createrepo.js';
import { distKind } from './kinds/dist.js';
import { fetchedKind, prebuiltKind } from './kinds/prebuilt.js';
import { predictBuiltKind } from './kinds/predict-built.js';
import { predictKind } from './kinds/predict.js';
import { rpmbuildInPlaceKind } from './kinds/rpmbuild-in-place.js';
import { rpmbuildKind } from './kinds/rpmbuild.js';
import { sourceKind } from './kinds/source.js';
import { taskKind } from './kinds/task.js';
import { clusterSyncKind, clusterUpKind, verifyClusterKind } from './cluster/index.js';
import { rpmDepsKind, verifyKind } from './kubevirt/index.js';
import { OfficialLoader } from './predict/official.js';
import { serveKind } from './serve/index.js';

/** Kinds that can't run without an engine. */
export const IN_ENGINE: ReadonlySet<string> = new Set(['base', 'buildroot', 'dist', 'rpmbuild', 'rpmbuild-in-place', 'createrepo', 'closure']);

export interface KindOptions {
  /** The environment of the user's shell. */
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path of the program that serves repositories. */
  readonly serverEntry: string;
  /** Ask the registry for newer base images. Default: take what is there. */
  readonly pull?: boolean;
  /** Throw build trees away and start from nothing. */
  readonly cleanBuild?: boolean;
  /** Looks at the trees that were started before. */
  readonly look?: TakeLook | undefined;
  /** Only say what a run would do: no program is executed, those of clusters neither. */
  readonly planning?: boolean;
}

/** The kinds of all nodes that `compile` makes, by name. Each call makes new ones: a kind may remember things for the run it is in. */
export function nodeKinds({ env, serverEntry, pull = false, cleanBuild = false, look, planning = false }: KindOptions): ReadonlyMap<string, NodeKind> {
  // One for all, so that each repository is asked once.
  const official = new OfficialLoader();
  const kinds: readonly NodeKind<never>[] = [
    baseKind({ pull }),
    sourceKind({ look }),
    sayingOfLeftOutSource(buildrootKind()),
    sayingOfLeftOutSource(distKind()),
    sayingOfLeftOutSource(rpmbuildKind()),
    sayingOfLeftOutSource(rpmbuildInPlaceKind({ cleanBuild })),
    prebuiltKind(),
    fetchedKind(),
    predictKind({ official }),
    createrepoKind(),
    predictBuiltKind({ official }),
    closureKind(),
    serveKind({ env, serverEntry }),
    rpmDepsKind({ env, official }),
    verifyKind({ env }),
    clusterUpKind({ env, planning }),
    clusterSyncKind({ env, planning }),
    verifyClusterKind({ env, planning }),
    taskKind({ env }),
  ];
  // The runner hands each kind the params that `compile` made for it.
  return new Map(kinds.map((kind) => [kind.name, kind as NodeKind]));
}
