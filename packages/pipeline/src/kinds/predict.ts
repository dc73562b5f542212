import { createHash } from 'node:crypto';

import type { NodeKind } from '@crpm/core';

import type { BuildrootFact } from '../facts.js';
import { readScriptIfThere } from '../kubevirt/evidence.js';
import { needFact } from '../needs.js';
import type { PredictParams } from '../params.js';
import { foretold } from '../predict/foretold.js';
import type { OfficialLoader } from '../predict/official.js';
import { lookAhead, NO_SCRIPT, outlookInputs, report, unreadable, type PredictFact } from '../predict/outlook.js';
import { KUBEVIRT_CONFIG_PATHS } from './config-paths.js';

/** Whether KubeVirt's resolver will be able to choose what a spec is going to make: asked before anything compiles. */
export function predictKind({ official }: { readonly official: OfficialLoader }): NodeKind<PredictParams> {
  return {
    name: 'predict',
    version: 1,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    inputs: async (params) => outlookInputs(params),
    // Of a build root only what its spec says; another compiler chooses no other RPM.
    reads(_params, _need, output) {
      const { evr, source, rpms } = output.data as BuildrootFact;
      return createHash('sha256').update(JSON.stringify([evr, source, rpms])).digest('hex');
    },
    async run(params, context): Promise<PredictFact> {
      const script = readScriptIfThere(params.kubevirt);
      if (script === undefined) return NO_SCRIPT;
      const buildroot = needFact<BuildrootFact>(context, 'buildroot');
      const { pin, name } = params.package;
      const outlook = await lookAhead(
        {
          params, script, official, ownFrom: 'foretold',
          own: ({ repos }) => foretold(buildroot, name, repos.flatMap(({ rpms }) => rpms)),
          versions: () => (pin ? { [pin.variable]: buildroot.evr } : {}),
          elsewhere: params.elsewhere,
        },
        context,
      );
      if ('unreadable' in outlook) return unreadable(context, outlook.unreadable);
      // What the distribution dropped keeps nobody from building; only rpm-deps can't go on, and what is asked before it says so.
      const foresights = outlook.foresights.map((one) => (one.hazard === 'rotten-pin' ? { ...one, severity: 'warning' as const } : one));
      return report(context, outlook.official.from, foresights);
    },
  };
}
