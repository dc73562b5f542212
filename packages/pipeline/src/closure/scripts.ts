import { DNF } from '../build/scripts.js';

/** Exit code of {@link CLOSURE}: there is no `dnf repoclosure` here. */
export const CANNOT = 64;

/** Ids of the repositories in the file that both scripts are given. */
export const OURS = 'crpm-ours';

const ASK = `
${DNF}
cache=$1
shift
ask() { run_dnf --quiet --setopt=cachedir="$cache" --setopt=logdir="$cache" --setopt=persistdir="$cache/persist" --setopt=timeout=20 --setopt=retries=2 "$@"; }
`;

/**
 * Arguments: a folder for dnf's metadata, an architecture. Asks, by the repositories of ./repos alone, for what ours require and nobody has; answers what dnf said line by line
 * behind \`crpm-said \`, and ends as it did.
 */
export const CLOSURE = `
set -u
${ASK}
dnf repoclosure --help >/dev/null 2>&1 || exit ${String(CANNOT)}
arch=$1
said=$(ask --setopt=reposdir="$PWD/repos" --forcearch="$arch" repoclosure --check ${OURS} --arch "$arch" --arch noarch 2>&1)
code=$?
printf '%s\\n' "$said" | sed 's/^/crpm-said /'
exit "$code"
`;

/** Arguments: a folder for dnf's metadata, requirements. Answers \`crpm-had N REPOSITORY NAME\` for each RPM that has the N-th one, by the repositories of the image. */
export const WHO_HAS = `
set -u
${ASK}
number=0
for wanted; do
  ask repoquery --qf '%{repoid} %{name}' --whatprovides="$wanted" 2>/dev/null | sort -u | sed "s/^/crpm-had $number /"
  number=$((number + 1))
done
`;
