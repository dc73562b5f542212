/**
 * The only shell text that crpm runs in an image. Fixed: values come as arguments and are never put into the text.
 * POSIX sh, because an image may have no bash. Answers are lines with a mark in front, as warnings share the stream.
 */
export function script(text: string, args: readonly string[]): readonly string[] {
  return ['sh', '-c', text, 'crpm', ...args];
}

/** dnf reads the user's CA bundle from none of the variables that other programs read. */
export const DNF = `\
run_dnf() { if [ -n "\${SSL_CERT_FILE-}" ]; then dnf --setopt="sslcacert=$SSL_CERT_FILE" "$@"; else dnf "$@"; fi; }
`;

/** Arguments: programs, `--`, RPM names. Answers `crpm-missing-tool X`, `crpm-missing-rpm X`; `crpm-dnf` where there is dnf. */
export const LOOK = `
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  command -v "$1" >/dev/null 2>&1 || printf 'crpm-missing-tool %s\\n' "$1"
  shift
done
[ "$#" -eq 0 ] || shift
for name; do
  rpm -q --quiet --whatprovides -- "$name" >/dev/null 2>&1 || printf 'crpm-missing-rpm %s\\n' "$name"
done
command -v dnf >/dev/null 2>&1 && echo crpm-dnf
printf 'crpm-dist %s\\n' "$(rpm --eval '%{?dist}' 2>/dev/null)"
[ -n "$(rpm --eval '%{?meson}' 2>/dev/null)" ] || echo crpm-no-macros
sed 's/^/crpm-os /' /etc/os-release
`;

/** Arguments: pairs `enable ID` and `disable ID`, `--`, RPM names to install. */
export const SET_UP_BASE = `
set -eu
${DNF}
dnf builddep --help >/dev/null 2>&1 || run_dnf -y install dnf-plugins-core
turn() {
  # dnf 4, then dnf 5
  dnf config-manager "--set-$1d" "$2" || dnf config-manager setopt "$2.enabled=$3"
}
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    enable) turn enable "$2" 1 ;;
    disable) if run_dnf -q repolist --all | awk '{ print $1 }' | grep -Fqx -- "$2"; then turn disable "$2" 0; fi ;;
  esac
  shift 2
done
shift
[ "$#" -eq 0 ] || run_dnf -y install -- "$@"
`;

/**
 * Arguments: a spec, a folder of RPMs of ours or an empty word. Installs the spec's BuildRequires; RPMs of ours go before any other of that
 * name, also where an official one is installed already.
 */
export const INSTALL_BUILD_REQUIRES = `
set -eu
${DNF}
spec=$1
ours=$2
if [ -n "$ours" ]; then
  createrepo_c --quiet "$ours"
  set --
  for rpm in "$ours"/*.rpm; do
    name=$(rpm -qp --nosignature --qf '%{NAME}' "$rpm")
    if rpm -q --quiet "$name"; then set -- "$@" "$name"; fi
  done
  with_ours() { run_dnf -y --repofrompath "crpm-needs,file://$ours" --setopt=crpm-needs.gpgcheck=0 --setopt=crpm-needs.priority=1 "$@"; }
  if [ "$#" -gt 0 ]; then with_ours upgrade -- "$@"; fi
  with_ours builddep --spec "$spec"
else
  run_dnf -y builddep --spec "$spec"
fi
`;

/**
 * Arguments: what to say of the source RPM, what of each RPM that the spec makes, then what every reader of the spec gets. One container for both: each costs
 * half a second.
 */
export const ASK_SPEC = `
set -e
source=$1
rpms=$2
shift 2
rpmspec -q --srpm --qf "$source" "$@"
rpmspec -q --builtrpms --qf "$rpms" "$@"
`;

/** Answers `crpm-package X` for all that is installed: what rpm knows, and on Debian what dpkg knows. */
export const INSTALLED = `
rpm -qa --qf 'crpm-package %{NEVRA}\\n' | sort
if command -v dpkg-query >/dev/null 2>&1; then dpkg-query -W -f 'crpm-package \${Package}_\${Version}_\${Architecture}\\n' | sort; fi
`;

/** How an archive is compressed: fast, as it lives only until rpmbuild unpacks it. */
const COMPRESSORS = `\
  *.tar.xz) compress='xz -T0 -0' ;;
  *.tar.gz | *.tgz | *.crate) compress='gzip -n -1' ;;
  *.tar.bz2) compress='bzip2 -1' ;;
  *.tar.zst) compress='zstd -q -1 -T0' ;;
  *.tar) compress=cat ;;
`;

/** Archive names that {@link PACK} and {@link RECOMPRESS} know. */
export const ARCHIVE_NAME = /\.(tar\.(xz|gz|bz2|zst)|tgz|tar|crate)$/;

/**
 * Arguments: archive name, top folder, seconds since the epoch. Packs the folder with fixed owners, times and order; the name's ending says how
 * it is compressed.
 */
export const PACK = `
set -eu
case $1 in
${COMPRESSORS}esac
tar --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$3" -cf "$1.crpm" -- "$2"
$compress <"$1.crpm" >"$1"
rm -f "$1.crpm"
`;

/** Arguments: the archive as meson made it, the archive as the spec names it. The same tar, compressed as the name says. */
export const RECOMPRESS = `
set -eu
case $2 in
${COMPRESSORS}esac
mkdir -p -- "$(dirname -- "$2")"
gzip -dc -- "$1" | $compress >"$2"
`;

/** Arguments: options of git. The folder becomes the one commit of a repository. Forced: what a snapshot holds belongs to the tree, whatever its .gitignore says. */
export const COMMIT_ALL = `
set -e
git "$@" init --quiet --template= .
git "$@" add --all --force .
git "$@" commit --quiet --no-verify --allow-empty --message='Snapshot of the source tree'
`;

/** Arguments: an archive, a folder to unpack it into. */
export const UNPACK = `
mkdir -p "$2"
tar -xf "$1" -C "$2"
`;

/**
 * Arguments: the archive that meson made, the name of a spec. Answers the spec's lines behind `crpm-spec `: from the archive, where a dist script
 * put it, else from the build folder.
 */
export const FIND_SPEC = `
set -eu
entry=$(tar -tzf "$1" | awk -v end="/$2" 'substr($0, length($0) - length(end) + 1) == end' | head -n 1)
if [ -n "$entry" ]; then
  tar -xzOf "$1" -- "$entry" | sed 's/^/crpm-spec /'
else
  find build -name "$2" -type f -exec sed 's/^/crpm-spec /' {} \\; -quit
fi
`;
