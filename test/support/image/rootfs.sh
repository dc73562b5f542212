#!/bin/sh
# Makes the root filesystem of the test base image: Debian with the rpm tools, dressed so that Red Hat specs build in it.
# usage: rootfs.sh ROOTFS SUITE MIRROR SOURCES_LIST DEB_CACHE PACKAGE...
# Runs as root. Everything that is mounted lives in a mount namespace of its own and is gone when this ends.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ "${CRPM_IN_NAMESPACE:-}" != 1 ]; then
  export CRPM_IN_NAMESPACE=1
  exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi
root=$1 suite=$2 mirror=$3 sources=$4 debs=$5
shift 5
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# The caller's folder for temporary files does not exist inside.
unset TMPDIR
PATH=/usr/sbin:/usr/bin:/sbin:/bin

mkdir -p "$debs"
debootstrap --variant=minbase --cache-dir="$debs" "$suite" "$root" "$mirror"

mount -t proc proc "$root/proc"
mkdir -p "$root/var/cache/apt/archives"
mount --bind "$debs" "$root/var/cache/apt/archives"
# No daemon may start in the chroot; dpkg need not sync what is thrown away if we die.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/crpm"
cp "$sources" "$root/etc/apt/sources.list"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" apt-get -q update
chroot "$root" apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true install "$@"

mkdir -p "$root/usr/lib/rpm/macros.d"
cp "$here/macros.crpm" "$root/usr/lib/rpm/macros.d/macros.crpm"
mkdir -p "$root/etc/yum.repos.d" "$root/var/lib/rpm"

# The rpm database knows no Debian package: one empty RPM provides, by Red Hat's names, what Debian's packages give,
# so that rpmbuild checks BuildRequires for real and dnf resolves against them.
spec=$root/tmp/debian-provides.spec
{
  echo 'Name: debian-provides'
  echo 'Version: 1'
  echo 'Release: 1'
  echo 'Summary: What the Debian packages of this image give, by the names that specs ask for'
  echo 'License: Apache-2.0'
  echo 'BuildArch: noarch'
  while IFS='	' read -r fedora debian; do
    version=$(chroot "$root" dpkg-query -W -f '${Version}' "$debian" 2>/dev/null) || continue
    # dpkg also knows, without a version, what others only suggest.
    [ -n "$version" ] || continue
    echo "Provides: $fedora = $(echo "$version" | sed 's/^[0-9]*://; s/-[^-]*$//; s/[+].*//')"
  done < "$here/fedora-names.tsv"
  # Both of Debian's folders; the RPM provides nothing that is not there.
  chroot "$root" sh -c 'for pc in /usr/lib/*/pkgconfig/*.pc /usr/share/pkgconfig/*.pc; do
    [ -e "$pc" ] || continue
    name=$(basename "$pc" .pc)
    version=$(pkg-config --modversion "$name" 2>/dev/null) || continue
    [ -z "$version" ] || echo "Provides: pkgconfig($name) = $version"
  done'
  echo 'Provides: /bin/sh'
  chroot "$root" find /usr/bin /usr/sbin -maxdepth 1 ! -type d -printf 'Provides: %p\n'
  # Sonames and symbol versions, which RPMs built here require.
  chroot "$root" sh -c "find /lib/*-linux-gnu /usr/lib/*-linux-gnu -maxdepth 1 -name '*.so.*' | /usr/lib/rpm/elfdeps --provides" | sort -u | sed 's/^/Provides: /'
  echo 'Provides: rtld(GNU_HASH)'
  echo '%description'
  echo 'Nothing but names.'
  echo '%files'
} > "$spec"
chroot "$root" rpmbuild -bb --quiet --define '_rpmdir /tmp/provides' /tmp/debian-provides.spec
chroot "$root" sh -c 'rpm -i --justdb --nodeps --force-debian /tmp/provides/noarch/*.rpm'

umount "$root/var/cache/apt/archives" "$root/proc"
rm -rf "$root/tmp/provides" "$spec" "$root/root/rpmbuild" "$root/usr/sbin/policy-rc.d" "$root/var/lib/apt/lists" "$root/var/cache/apt"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/var/log" "$root/etc/resolv.conf"
mkdir -p "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial" "$root/var/log"
