import type { Case } from './case.js';
import type { Complaint } from './evidence.js';

/** Outside of `rpm()`, `rpmtree()` and `tar2files()` rules both files must come back as they went in, byte for byte. */
export function judgeOutside(of: Case): readonly Complaint[] {
  return [
    ...difference('WORKSPACE', 'rpm()', of.before.outsideWorkspace, of.after.outsideWorkspace),
    ...difference('rpm/BUILD.bazel', 'rpmtree() and tar2files()', of.before.outsideBuild, of.after.outsideBuild),
  ];
}

function difference(file: string, rules: string, before: string, after: string): readonly Complaint[] {
  if (before === after) return [];
  const was = before.split('\n');
  const is = after.split('\n');
  const at = was.findIndex((line, i) => line !== is[i]);
  const shown = (lines: readonly string[]) => JSON.stringify(lines[at < 0 ? was.length : at] ?? 'end of file');
  return [
    {
      check: 'outside',
      message: `${file} changed outside of its ${rules} rules: where ${shown(was)} stood, there is ${shown(is)}`,
      next: `Restore ${file} from git and run buildifier on it if the change is one of layout, then run again.`,
    },
  ];
}
