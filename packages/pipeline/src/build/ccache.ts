import type { NodeContext, Work } from '@crpm/core';

import { marked } from './work.js';

/** The shared compiler cache of an image: what another image's compiler made must not stand in, and ccache itself tells compilers apart by time and size only. */
export function cacheName(image: string): string {
  return `ccache-${image.replace(/^sha256:/, '').slice(0, 16)}`;
}

/** The compiler cache that a build asks its work for; `enabled` is the config's `build.ccache`. */
export function ccacheOf(enabled: boolean, image: string): { readonly cache?: string } {
  return enabled ? { cache: cacheName(image) } : {};
}

/**
 * The environment of a build with a compiler cache. Nothing that could change a byte of what is compiled: no base folder (it rewrites `__FILE__`), and no direct mode: it
 * knows the headers that a file included, and not those that it would include now that there is one of the same name nearer by.
 */
export function ccacheEnvironment(work: Work): Readonly<Record<string, string>> {
  // meson uses a ccache of the image by itself, whatever the config says.
  if (work.cache === undefined) return { CCACHE_DISABLE: '1' };
  return { CCACHE_DIR: work.cache, CCACHE_NODIRECT: '1', CCACHE_MAXSIZE: '5G', CCACHE_UMASK: '077' };
}

/**
 * Shell text before a build: compilers are found through ccache's own links, which meson, configure and make all take without a word in the spec. What it did is noted in
 * a file of this build alone, because others may use the cache at the same time.
 */
export const CCACHE_SET_UP = `
if [ -n "\${CCACHE_DIR-}" ] && command -v ccache >/dev/null 2>&1; then
  for folder in /usr/lib64/ccache /usr/lib/ccache /usr/libexec/ccache; do
    if [ -d "$folder" ]; then PATH=$folder:$PATH; export PATH; break; fi
  done
  CCACHE_STATSLOG=$PWD/ccache.log; export CCACHE_STATSLOG
  rm -f ccache.log
fi
`;

/** Shell text behind a build, in a script that can answer. Answers `ccache HITS MISSES`. */
export const CCACHE_COUNT = `
if [ -f ccache.log ]; then
  answer ccache "$(grep -cE '^(direct|preprocessed)_cache_hit$' ccache.log)" "$(grep -cx cache_miss ccache.log)"
  rm -f ccache.log
fi
`;

export type CcacheUse = { readonly hits: number; readonly misses: number };

/** What {@link CCACHE_COUNT} answered; nothing where the image has no ccache, or nothing was compiled. */
export function ccacheUse(answers: readonly string[]): CcacheUse | undefined {
  const [hits = 0, misses = 0] = (marked(answers, 'ccache ')[0] ?? '').split(' ').map(Number);
  return hits + misses > 0 ? { hits, misses } : undefined;
}

/** One line for the log. */
export function reportCcache(context: NodeContext, use: CcacheUse | undefined): void {
  if (use) context.report.line(`ccache: ${String(use.hits)} of ${String(use.hits + use.misses)} compilations were there already`);
}
