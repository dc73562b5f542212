import type { Arch } from '@crpm/core';
import { readDepsScript } from '../deps-script/read.js';

/** Which trees a run makes: the suffixes of their names. */
export interface TreeScope {
  readonly arch: Arch;
  readonly stream: number;
}

/** `x86_64_cs9`, as the names of its trees end. */
export function scopeName({ arch, stream }: TreeScope): string {
  return `${arch}_cs${stream}`;
}

const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];

/** The `rpmtree` names that a `hack/rpm-deps.sh` makes for one stream and architecture; none if it can't be followed. Nothing is executed. */
export function treesOfScript(script: string, scope: TreeScope): readonly string[] {
  const read = readDepsScript(script, { KUBEVIRT_CENTOS_STREAM_VERSION: String(scope.stream), SINGLE_ARCH: scope.arch });
  if (typeof read === 'string') return [];
  return [...new Set(read.trees.map(({ name }) => name))].filter((name) => isOf(name, scope)).sort();
}

/** Whether a rule's name ends as those of this stream and architecture do: `_x86_64_cs9`, or `_x86_64` in trees from before the streams. */
export function endsAs(name: string, { arch, stream }: TreeScope): boolean {
  const [, foundArch, foundStream] = /_(x86_64|aarch64|s390x)(?:_cs(\d+))?$/.exec(name) ?? [];
  return foundArch === arch && (foundStream === undefined || Number(foundStream) === stream);
}

/** Names without any architecture or stream belong to every run. */
function isOf(name: string, { arch, stream }: TreeScope): boolean {
  const foreignArch = ARCHES.some((other) => other !== arch && new RegExp(`(?:^|_)${other}(?:_|$)`).test(name));
  const foundStream = /_cs(\d+)(?:_|$)/.exec(name)?.[1];
  return !foreignArch && (foundStream === undefined || Number(foundStream) === stream);
}
