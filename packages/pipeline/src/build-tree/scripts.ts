import { ANSWERS } from '../build/answering-step.js';
import { CCACHE_COUNT } from '../build/ccache.js';
import { TOPDIR } from '../build/rpmbuild-command.js';
import { RUN_RPMBUILD } from '../build/rpmbuild-script.js';

/*
 * What runs inside a build tree. Its root holds:
 *   rpmbuild/        rpm's _topdir; the tree is where %prep of the spec left it, below BUILD
 *   sync/token       names what the tree holds; absent while that changes
 *   sync/prepared    the files that %prep made something else of, each ended by NUL, sorted
 *   sync/names       all names in the tree as %prep and our changes leave it, each ended by NUL, sorted
 *   sync/begun       its time is when the last build began
 *   sync/ended       its time is when the last build ended
 *   sync/<token>/    what was sent and is not in the tree yet
 * One container does all of a step: a container costs half a second.
 */

/** Exit code of {@link UPDATE} and {@link CREATE}: the tree can't be used, for the reason behind `stale `. */
export const STALE = 75;
/** Exit code of {@link CREATE}: %prep failed. */
export const PREP_FAILED = 76;
/** Answer of {@link UPDATE}: the tree has the token that was wanted, and from now on no other than the new one. */
export const BEGUN = 'begun';

const COMMON = `
set -eu
${ANSWERS}
stale() { answer stale "$@"; exit ${String(STALE)}; }
first() { tr '\\000\\n' '\\n?' | head -n 1; }
# What is in the tree and is as find's predicates say, each ended by NUL, sorted; but for .git, and for the folders that ninja builds in.
names() (
  find "$tree" -maxdepth 3 -name .ninja_log -printf '%h\\n' >sync/built
  while IFS= read -r folder; do set -- -path "$folder" -prune -o "$@"; done <sync/built
  find "$tree" -mindepth 1 -name .git -prune -o "$@" -printf '%P\\0' | LC_ALL=C sort -z
)
`;

/**
 * rpmbuild without `--build-in-place`: rpm 4.20 gives that another meaning (it links the tree to another place and always leaves out %prep), and before it `%{_builddir}`
 * changes what paths of the spec mean. With `--noprep --noclean` the tree lies where rpm itself unpacked it, in all versions, and every path is that of an ordinary build.
 */
const BUILD = `
${RUN_RPMBUILD}
rm -rf ${TOPDIR}/RPMS ${TOPDIR}/tmp
mkdir -p ${TOPDIR}/RPMS ${TOPDIR}/tmp
touch sync/begun
run_rpmbuild '-bb --noprep --noclean' "$@"
touch sync/ended
changed=$(names -type f -newer sync/begun | LC_ALL=C comm -z -12 - sync/names | first)
[ -z "$changed" ] || answer changed "$changed"
[ -z "$(find "$tree" -maxdepth 3 -name .ninja_log -print -quit)" ] || answer ninja
${CCACHE_COUNT}
exit "$code"
`;

/**
 * Fills an empty build tree and builds it. Arguments: the token, the folder that the source archive is made from, the folder that %prep enters, the name of the archive, then
 * what follows `rpmbuild -bb`. The spec's own %prep does what it does in an ordinary build, whatever that is. Answers `tree PATH`, then what {@link UPDATE} answers.
 */
export const CREATE = `${COMMON}
token=$1 pristine=$2 top=$3 archive=$4
shift 4
[ ! -e sync/token ] && [ -z "$(ls ${TOPDIR}/BUILD 2>/dev/null)" ] || stale full
mkdir -p sync ${TOPDIR}/SOURCES ${TOPDIR}/BUILD ${TOPDIR}/tmp
if [ -f "dist/$archive" ]; then mv "dist/$archive" ${TOPDIR}/SOURCES/; else tar --format=gnu -C "$pristine/.." -cf "${TOPDIR}/SOURCES/$archive" -- "$top"; fi
rpmbuild -bp "$@" || exit ${String(PREP_FAILED)}
tree=
for folder in "${TOPDIR}/BUILD/$top" ${TOPDIR}/BUILD/*-build/"$top"; do
  if [ -d "$folder" ]; then tree=$folder; break; fi
done
[ -n "$tree" ] || stale "place $top"
digests() { (cd "$1" && find . -name .git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z --) | LC_ALL=C sort -z; }
digests "$pristine" >sync/before
digests "$tree" >sync/after
LC_ALL=C comm -z -23 sync/before sync/after | cut -z -b 69- | LC_ALL=C sort -z >sync/prepared
names >sync/names
rm -rf sync/before sync/after dist source build
# rpm looks for the archive whenever it reads %setup, and never into it again.
tar -cf "${TOPDIR}/SOURCES/$archive" -T /dev/null
printf %s "$token" >sync/token
answer tree "$tree"
${BUILD}`;

/**
 * Brings a tree up to date and builds it. Arguments: the token that it must have, the one that it gets, its path, `reconfigure` or an empty word, then what follows
 * `rpmbuild -bb`. What the last build left beside ninja's folders goes first: libvirt's %install moves documents into a folder of the tree, and would the next time move them into
 * one that is there. Files that changed are written anew and so become newer than all that a build has written: a file of now that is older than something in the tree means
 * that the clock went back. Answers `ninja` where ninja built it, `changed PATH` where the build wrote to a file of the tree, and the use of the compiler cache.
 */
export const UPDATE = `${COMMON}
before=$1 after=$2 tree=$3 reconfigure=$4
shift 4
sent=sync/$after
[ "$(cat sync/token 2>/dev/null)" = "$before" ] && [ -d "$tree" ] || stale token
rm -f sync/token
answer ${BEGUN}
prepared=$(LC_ALL=C comm -z -12 sync/prepared "$sent/altered" | first)
[ -z "$prepared" ] || stale "prepared $prepared"
names >sync/found
gone=$(LC_ALL=C comm -z -23 sync/names sync/found | first)
[ -z "$gone" ] || stale "gone $gone"
LC_ALL=C comm -z -13 sync/names sync/found >sync/left
(cd "$tree" && xargs -0 -r rm -rf --) <sync/left || stale "remove"
tries=0
touch sync/now
while [ -e sync/ended ] && [ -z "$(find sync/now -newer sync/ended)" ]; do
  tries=$((tries + 1))
  [ "$tries" -le 200 ] || stale clock
  sleep 0.01
  touch sync/now
done
[ -z "$(find "$tree" -newer sync/now -print -quit)" ] || stale clock
(cd "$tree" && xargs -0 -r rm -f --) <"$sent/altered" || stale "remove"
(cd "$tree" && xargs -0 -r rmdir --ignore-fail-on-non-empty -- 2>/dev/null) <"$sent/folders" || :
if [ -d "$sent/files" ]; then cp -RP --preserve=mode --remove-destination -- "$sent/files/." "$tree/" || stale "copy"; fi
if [ -n "$reconfigure" ]; then
  names >sync/names
  if [ -f "$tree/meson.build" ]; then touch "$tree/meson.build"; fi
fi
find sync -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
printf %s "$after" >sync/token
${BUILD}`;
