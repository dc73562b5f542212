#!/usr/bin/env bash
# Chooses the RPMs of each image and writes them into WORKSPACE and rpm/BUILD.bazel. A small tree in the manner of KubeVirt's, which knows the
# same variables; with bazeldnf on PATH the choice is bazeldnf's, else that of hack/resolver.mjs.
set -e -o pipefail
cd "$(dirname "$0")/.."

stream=${KUBEVIRT_CENTOS_STREAM_VERSION:-9}
basesystem=${BASESYSTEM:-centos-stream-release}
arch=${SINGLE_ARCH:-x86_64}

if [ "$stream" = 10 ]; then
    LIBVIRT_VERSION=${LIBVIRT_VERSION:-0:12.5.0-1.el10}
    QEMU_VERSION=${QEMU_VERSION:-18:10.1.0-25.el10}
else
    LIBVIRT_VERSION=${LIBVIRT_VERSION:-0:11.10.0-12.el9}
    QEMU_VERSION=${QEMU_VERSION:-17:10.1.0-20.el9}
fi

every_image="
  coreutils-single
"

libvirt_devel="
  libvirt-devel-${LIBVIRT_VERSION}
"

launcherbase="
  libvirt-client-${LIBVIRT_VERSION}
  libvirt-daemon-driver-qemu-${LIBVIRT_VERSION}
  qemu-kvm-core-${QEMU_VERSION}
"

handlerbase="
  qemu-img-${QEMU_VERSION}
"

pr_helper="
  qemu-pr-helper
"

# The distribution's repository stands in the tree, so that all of this works without a network; resolvers want its whole address.
export XDG_CACHE_HOME=$PWD/_out/cache
mkdir -p _out
sed "s|baseurl: rpm/|baseurl: file://$PWD/rpm/|" "rpm/repo-cs${stream}.yaml" > "_out/repo-cs${stream}.yaml"
repos="--repofile _out/repo-cs${stream}.yaml"
if [ "$CUSTOM_REPO" ]; then
    repos="--repofile $CUSTOM_REPO $repos"
fi

if command -v bazeldnf > /dev/null; then
    resolver=bazeldnf
    echo "crpm-resolver: bazeldnf"
else
    resolver="node hack/resolver.mjs"
    echo "crpm-resolver: hack-resolver stand-in"
fi

rpmtree() {
    local name=$1
    shift
    $resolver rpmtree --public --nobest --name "${name}_${arch}_cs${stream}" --arch "$arch" --basesystem "$basesystem" $repos $every_image "$@"
}

$resolver fetch $repos
rpmtree libvirt-devel $libvirt_devel
rpmtree launcherbase $launcherbase
rpmtree handlerbase $handlerbase
rpmtree pr-helper $pr_helper
$resolver prune
