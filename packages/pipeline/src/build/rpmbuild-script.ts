import { ANSWERS } from './answering-step.js';
import { CCACHE_COUNT, CCACHE_SET_UP } from './ccache.js';
import { TOPDIR } from './rpmbuild-command.js';

/**
 * Shell text that runs `rpmbuild`, its first argument being the stages, separated by blanks, and the rest what follows them; leaves its exit code in `code`. In the work's
 * root; a compiler cache is used where there is one.
 */
export const RUN_RPMBUILD = `
${CCACHE_SET_UP}
run_rpmbuild() {
  stages=$1
  shift
  code=0
  rpmbuild $stages "$@" || code=$?
}
mkdir -p ${TOPDIR}/BUILD ${TOPDIR}/RPMS ${TOPDIR}/tmp
`;

/** Arguments: what follows `rpmbuild -bb`. Answers what {@link CCACHE_COUNT} answers. */
export const BUILD_RPMS = `
set -eu
${ANSWERS}${RUN_RPMBUILD}
run_rpmbuild -bb "$@"
${CCACHE_COUNT}
exit "$code"
`;

/** Arguments: what follows `rpmbuild -bb` where the tree is unpacked already. For people: it answers nothing. */
export const BUILD_AGAIN = `
set -eu
${RUN_RPMBUILD}
run_rpmbuild '-bb --noprep --noclean' "$@"
exit "$code"
`;
