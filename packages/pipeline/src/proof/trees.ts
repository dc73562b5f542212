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

/** The `rpmtree` names that a `hack/rpm-deps.sh` makes for one stream and architecture. Nothing is executed. */
export function treesOfScript(script: string, scope: TreeScope): readonly string[] {
  const read = readDepsScript(script, { KUBEVIRT_CENTOS_STREAM_VERSION: String(scope.stream), SINGLE_ARCH: scope.arch });
  if (typeof read === 'string' || read.trees.length === 0) return namesInText(script, scope);
  return [...new Set(read.trees.map(({ name }) => name))].filter((name) => isOf(name, scope)).sort();
}

/**
 * For a script that does more than can be followed: what stands behind `--name` in it, with the variables of suffix, stream and architecture filled
 * in. Comment lines and names with other variables are passed over.
 */
function namesInText(script: string, scope: TreeScope): readonly string[] {
  const names = new Set<string>();
  for (const line of script.split('\n')) {
    if (/^\s*#/.test(line)) continue;
    for (const [, quoted] of line.matchAll(/--name[= ]\s*["']?([^\s"'\\;]+)/g)) {
      const name = expand(quoted ?? '', scope);
      if (name !== undefined && isOf(name, scope)) names.add(name);
    }
  }
  return [...names].sort();
}

/** Whether a rule's name ends as those of this stream and architecture do: `_x86_64_cs9`, or `_x86_64` in trees from before the streams. */
export function endsAs(name: string, { arch, stream }: TreeScope): boolean {
  const [, foundArch, foundStream] = /_(x86_64|aarch64|s390x)(?:_cs(\d+))?$/.exec(name) ?? [];
  return foundArch === arch && (foundStream === undefined || Number(foundStream) === stream);
}

function expand(text: string, { arch, stream }: TreeScope): string | undefined {
  const expanded = text.replace(/\$\{?([A-Za-z_]\w*)\}?/g, (whole, variable: string) => {
    if (/suffix/i.test(variable)) return `_cs${stream}`;
    if (/stream/i.test(variable)) return String(stream);
    return /arch/i.test(variable) ? arch : whole;
  });
  return expanded.includes('$') ? undefined : expanded;
}

/** Names without any architecture or stream belong to every run. */
function isOf(name: string, { arch, stream }: TreeScope): boolean {
  const foreignArch = ARCHES.some((other) => other !== arch && new RegExp(`(?:^|_)${other}(?:_|$)`).test(name));
  const foundStream = /_cs(\d+)(?:_|$)/.exec(name)?.[1];
  return !foreignArch && (foundStream === undefined || Number(foundStream) === stream);
}
