import type { NodeKind } from '@crpm/core';
import { formatEvr } from '@crpm/rpm';

import { readScriptIfThere } from '../kubevirt/evidence.js';
import { ownRpms, shapeOfRepository } from '../kubevirt/own-repository.js';
import { readPins } from '../kubevirt/pins.js';
import type { PredictBuiltParams } from '../params.js';
import type { OfficialLoader } from '../predict/official.js';
import { lookAhead, NO_SCRIPT, outlookInputs, report, unreadable, type PredictFact } from '../predict/outlook.js';
import { KUBEVIRT_CONFIG_PATHS } from './config-paths.js';

/** What KubeVirt's resolver will choose, from the headers of what was built: asked before the resolver is. */
export function predictBuiltKind({ official }: { readonly official: OfficialLoader }): NodeKind<PredictBuiltParams> {
  return {
    name: 'predict-built',
    version: 1,
    weight: 'light',
    configPaths: KUBEVIRT_CONFIG_PATHS,
    inputs: async (params) => outlookInputs(params),
    // Bytes don't matter.
    reads: (params, _need, output) => shapeOfRepository(output, { basesystem: params.stream.basesystem, arch: params.arch }),
    async run(params, context): Promise<PredictFact> {
      const script = readScriptIfThere(params.kubevirt);
      if (script === undefined) return NO_SCRIPT;
      const { stream, arch, packages } = params;
      const own = await ownRpms(context, { basesystem: stream.basesystem, arch });
      const versions = packages.flatMap((pkg) => {
        const { names } = readPins(script, pkg, { arch, stream: stream.stream });
        const made = own.filter((rpm) => rpm.package === pkg.name);
        // Of a package that made none of them, any RPM has the version that they lack: what is asked for in vain is then told by name.
        const first = made.find((rpm) => names.includes(rpm.name)) ?? (names.some((name) => !params.allowOfficial.includes(name)) ? made[0] : undefined);
        return pkg.pin && first ? [[pkg.pin.variable, formatEvr(first)] as const] : [];
      });
      const outlook = await lookAhead({ params, script, official, ownFrom: 'built', compared: params.foretold, own: () => own, versions: () => Object.fromEntries(versions), elsewhere: [] }, context);
      if ('unreadable' in outlook) return unreadable(context, outlook.unreadable);
      return report(context, outlook.official.from, outlook.foresights);
    },
  };
}
