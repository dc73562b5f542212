import { FEDORA_MACROS } from '../build/fedora-macros.js';
import { buildEnvironment, BUILD_TIME } from '../build/reproducible.js';
import { INSTALL_BUILD_REQUIRES, PACK, SET_UP_BASE } from '../build/scripts.js';
import { MAKE_DIST } from '../build/autotools-dist.js';
import { DOWNSTREAM_MARKER } from '../build/patches.js';
import { quote } from '../quote.js';

/** What `meson dist` archives is what is committed, so the tree becomes one commit. */
const MESON_DIST = `
set -eu
printf '[safe]\\n directory = *\\n' >gitconfig
export GIT_CONFIG_GLOBAL="$PWD/gitconfig"
cd source
git init -q .
printf '* -text !eol !filter -ident\\n' >.git/info/attributes
git add --all --force .
GIT_AUTHOR_DATE='@${String(BUILD_TIME)} +0000' GIT_COMMITTER_DATE='@${String(BUILD_TIME)} +0000' git -c user.name=build -c user.email=build@localhost -c commit.gpgSign=false commit -q --allow-empty -m Snapshot
cd ..
no_git=
for file in source/meson.options source/meson_options.txt; do
  if [ -f "$file" ] && grep -q "option('no_git'" "$file"; then no_git=-Dno_git=true; break; fi
done
meson setup --wrap-mode=nodownload $no_git build source
meson dist -C build --no-tests --formats gztar
mkdir -p dist
case $1 in
  *.xz) gzip -dc build/meson-dist/*.tar.gz | xz -T0 -0 >"dist/$1" ;;
  *.bz2) gzip -dc build/meson-dist/*.tar.gz | bzip2 -1 >"dist/$1" ;;
  *.zst) gzip -dc build/meson-dist/*.tar.gz | zstd -q -1 >"dist/$1" ;;
  *) cp build/meson-dist/*.tar.gz "dist/$1" ;;
esac
entry=$(tar -tzf build/meson-dist/*.tar.gz | awk -v end="/$2" 'substr($0, length($0) - length(end) + 1) == end' | head -n 1)
if [ -n "$entry" ]; then tar -xzOf build/meson-dist/*.tar.gz -- "$entry" >"dist/$2"
else find build -name "$2" -type f -exec cp {} "dist/$2" ';' -quit; fi
`;

/** Bash functions that steps call, and those that they call in turn. Each is in a script only if something of it is used. */
export const LIBRARY: Readonly<Record<string, { readonly text: string; readonly uses?: readonly string[] }>> = {
  copy_tree: {
    text: `
# copy_tree FROM TO: the files of a tree as they are, uncommitted ones too; not what git ignores.
copy_tree() {
  rm -rf "$2"
  mkdir -p "$2"
  if [ "$(git -C "$1" rev-parse --show-toplevel 2>/dev/null)" = "$(realpath "$1")" ]; then
    git -C "$1" ls-files -z --cached --others --exclude-standard |
      (cd "$1" && tar --null --ignore-failed-read --exclude=.git -cf - -T -) | tar -xf - -C "$2"
  else
    tar -C "$1" --exclude=.git -cf - . | tar -xf - -C "$2"
  fi
}`,
  },
  fetch_commit: {
    text: `
# fetch_commit URL REF TO: the files of a branch, tag or commit.
fetch_commit() {
  rm -rf "$3"
  git init -q "$3"
  git -C "$3" fetch -q --depth 1 "$1" "$2"
  git -C "$3" checkout -q FETCH_HEAD
  rm -rf "$3/.git"
}`,
  },
  in_root: {
    text: `
# in_root IMAGE FOLDER COMMAND…: in FOLDER, with nothing of this shell's environment; in an image without network, on this machine itself with its own.
in_root() {
  local image=$1 folder=$2
  shift 2
  if [ -z "$image" ]; then
    (cd "$folder" && env -i PATH="$PATH" LANG=C.UTF-8 ${exported('"$folder"')} "$@")
  else
    docker run --rm --network none --security-opt label=disable --hostname crpm -v "$folder:/build" -w /build \\
      ${Object.entries(buildEnvironment('/build')).map(([name, value]) => `-e ${name}=${quote(value)}`).join(' ')} --entrypoint "$1" "$image" "\${@:2}"
  fi
}
# What FOLDER is called there.
root_of() { if [ -z "$1" ]; then printf '%s' "$2"; else printf /build; fi; }`,
  },
  derive: {
    text: `
# derive FROM TO FOLDER COMMAND…: a new image TO by one command in another, with network.
derive() {
  local from=$1 to=$2 folder=$3 container
  shift 3
  container=$(docker create --network "$NETWORK" --security-opt label=disable -v "$folder:/build" -w /build --entrypoint "$1" "$from" "\${@:2}")
  if docker start -a "$container" && docker commit "$container" "$to" >/dev/null; then docker rm "$container" >/dev/null; else docker rm "$container" >/dev/null && return 1; fi
}`,
  },
  fresh: {
    text: `
# fresh IMAGE FOLDER: an empty one; in it may be what containers made, as root.
fresh() {
  rm -rf "$2" 2>/dev/null || docker run --rm --security-opt label=disable -v "$(dirname "$2"):/above" --entrypoint rm "$1" -rf "/above/$(basename "$2")"
  mkdir -p "$2"
}`,
  },
  set_up_base: { uses: ['derive'], text: heredoc('SET_UP_BASE', 'enables repositories and installs the rpm tools', SET_UP_BASE) },
  build_requires: { uses: ['derive'], text: heredoc('BUILD_REQUIRES', 'installs what a spec requires', INSTALL_BUILD_REQUIRES) },
  pack: { uses: ['in_root'], text: heredoc('PACK', 'packs a folder: archive name, top folder, time', PACK) },
  meson_dist: { uses: ['in_root'], text: heredoc('MESON_DIST', 'meson dist of the folder source: archive name, name of the spec', MESON_DIST) },
  make_dist: { uses: ['in_root'], text: heredoc('MAKE_DIST', 'make dist of the folder source', MAKE_DIST) },
  fedora_macros: { text: heredoc('FEDORA_MACROS', "what redhat-rpm-config defines, for an rpm that lacks it", FEDORA_MACROS) },
  ask_spec: {
    uses: ['in_root'],
    text: `
# ask_spec IMAGE FOLDER: sets archive (the name of Source0) and top (the folder that %prep enters), by the spec with the options in SPEC_OPTIONS.
ask_spec() {
  local expanded prep
  expanded=$(in_root "$1" "$2" rpmspec -P "\${SPEC_OPTIONS[@]}" "rpmbuild/SPECS/$spec")
  archive=$(sed -n 's/^Source0\\{0,1\\}[[:space:]]*:[[:space:]]*//Ip' <<<"$expanded" | head -n 1)
  archive=\${archive##*/}
  prep=$(sed -n '/^%prep/,/^%build/p' <<<"$expanded")
  top=$(sed -n "s/^%\\(auto\\)\\{0,1\\}setup.* -n *\\([^ ]*\\).*/\\2/p; s/^cd '\\{0,1\\}\\([^/'][^']*\\)'\\{0,1\\}$/\\1/p" <<<"$prep" | head -n 1)
  [ -n "$top" ] || top=\${archive%.t*}
}`,
  },
  lookaside: {
    text: `
# lookaside SOURCES FOLDER-URL PACKAGE TO: the files that dist-git only names, by their digest; those that are there already are only checked.
lookaside() {
  local line name sum
  sed -n 's/^SHA512 (\\([^()]*\\)) = \\([0-9a-fA-F]*\\)$/\\1 \\2/p' "$1" | while read -r name sum; do
    [ "$name" != "$archive" ] || continue
    [ -f "$4/$name" ] || curl -fsSL -o "$4/$name" "$2/$3/$name/sha512/$sum/$name"
    echo "$sum  $4/$name" | sha512sum --check --quiet
  done
}`,
  },
  evr_of: {
    text: `
# evr_of IMAGE PACKAGE FOLDER: epoch:version-release of the RPMs that came of a package's build and are in a repository; nothing where there are none.
evr_of() {
  local rpm
  for rpm in "$WORK/$2"{,@*}/rpmbuild/RPMS/{,*/}*.rpm; do
    rpm=$(basename "$rpm")
    if [ -f "$3/$rpm" ]; then in_root "$1" "$3" rpm -qp --nosignature --qf '%{EPOCHNUM}:%{VERSION}-%{RELEASE}' "$rpm"; return; fi
  done
}`,
    uses: ['in_root'],
  },
  with_versions: {
    uses: ['in_root'],
    text: `
# with_versions IMAGE FOLDER SCRIPT: a script whose lines that are a bare name of an RPM in FOLDER name its version too.
with_versions() {
  in_root "$1" "$2" sh -c 'for rpm in ./*.rpm; do [ ! -f "$rpm" ] || rpm -qp --nosignature --qf "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n" "$rpm"; done' |
    awk 'ours { evr[$1] = $2; next } NF == 1 && ($1 in evr) { sub(/[^ \t]+/, $1 "-" evr[$1]) } { print }' ours=1 - ours= "$3"
}`,
  },
  own_archive: {
    text: `
# own_archive SPEC: without the check of a signature that somebody gave to another archive.
own_archive() {
  awk '
    !held && /^[ \\t]*(%[{]?gpgverify[}]?|gpgv2?|gpg2?)([^A-Za-z0-9_]|$)/ { held = 1; check = ""; }
    !held { print; next }
    { check = check (check == "" ? "" : "\\n") $0 }
    /\\\\$/ { next }
    { held = 0; print toupper(check) ~ /%[{]?(SOURCE0?|S:0)[}]?([^0-9]|$)/ ? ": the signature is that of another archive" : check }
  ' "$1" >"$1.own"
  mv "$1.own" "$1"
}`,
  },
  own_patches: {
    uses: ['keep_patches'],
    text: `
# own_patches SPEC TREE: leaves out the patches of a spec where a tree holds them already, as a downstream QEMU does.
own_patches() { [ ! -e "$2/${DOWNSTREAM_MARKER}" ] || keep_patches "$1"; }`,
  },
  keep_patches: {
    text: `
# keep_patches SPEC FILE…: leaves out all patches of a spec but these, and the lines that apply them one by one.
keep_patches() {
  local spec=$1
  shift
  awk -v keep="$*" '
    BEGIN { split(keep, names, " "); for (i in names) kept[names[i]]; last = -1 }
    tolower($0) ~ /^patch[0-9]*[ \\t]*:/ {
      number = file = $0
      sub(/:.*/, "", number); gsub(/[^0-9]/, "", number); last = number == "" ? last + 1 : number + 0
      sub(/^[^:]*:[ \\t]*/, "", file); sub(/[ \\t].*/, "", file); sub(/.*\\//, "", file)
      if (!(file in kept)) left[last]
      else { sub(/^[^:]*:/, "Patch" last ":"); print }
      next
    }
    /^[ \\t]*%[{]?patch/ {
      number = $0
      sub(/^[ \\t]*%[{]?patch[ \\t]*(-P[ \\t]*)?/, "", number)
      if (number ~ /^[0-9]/ && (number + 0) in left) next
    }
    { print }
  ' "$spec" >"$spec.kept"
  mv "$spec.kept" "$spec"
}`,
  },
};

/** Names of everything that the given names lead to, in the order of the library. */
export function needed(names: ReadonlySet<string>): readonly string[] {
  const all = new Set<string>();
  const add = (name: string) => {
    if (all.has(name)) return;
    all.add(name);
    LIBRARY[name]?.uses?.forEach(add);
  };
  names.forEach(add);
  return Object.keys(LIBRARY).filter((name) => all.has(name));
}

/** `POSIX sh` text as a variable, to be handed to `sh -c` in an image. */
function heredoc(name: string, what: string, text: string): string {
  return `
# ${what}
${name}=$(cat <<'${name}_END'
${text.trim()}
${name}_END
)`;
}

function exported(home: string): string {
  return Object.entries(buildEnvironment('HOME')).map(([name, value]) => `${name}=${name === 'HOME' ? home : quote(value)}`).join(' ');
}

