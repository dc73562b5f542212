import { createHash } from 'node:crypto';

import type { BuildrootFact } from '../facts.js';
import type { RpmbuildInPlaceParams } from '../params.js';

/** The name of a build tree: one for each package, architecture, build root and set of options. Going back to earlier options finds their tree again. */
export function treeName(params: RpmbuildInPlaceParams, buildroot: BuildrootFact): string {
  const { package: name, arch, options, check, debuginfo, profile } = params;
  const identity = [options, check, debuginfo, profile, buildroot.packages, buildroot.here.image, buildroot.dist];
  return `${name}-${arch}-${createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12)}`;
}
