import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order in which bazel reads them: KubeVirt's own imports the other two where they are there. */
const FILES = ['ci.bazelrc', '.bazelrc', 'user.bazelrc'] as const;

/** Where the bazelrc files of a KubeVirt tree have bazel keep its downloads; nothing where they leave that to bazel. */
export function repositoryCacheFlag(kubevirt: string): string | undefined {
  const texts = FILES.flatMap((name) => {
    try {
      return [readFileSync(join(kubevirt, name), 'utf8')];
    } catch {
      return [];
    }
  });
  const found = texts.flatMap((text) => [...text.replace(/#.*$/gm, '').matchAll(/--repository_cache(?:=|[ \t]+)(\S+)/g)].map(([, path]) => path));
  return found.at(-1);
}
