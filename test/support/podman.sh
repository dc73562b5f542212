#!/bin/sh
# usage: podman.sh FOLDER root|rootless
# Serves Podman's Docker-compatible socket at FOLDER/run/podman.sock. To be run as root in mount, pid and network namespaces of its own: all that it mounts, starts and wires goes with them, and the user of
# the rootless one is known in them alone.
set -eu
dir=$1 kind=$2
mount --make-rshared /
ip link set lo up
export HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run"
conf="$HOME/.config/containers"
mkdir -p "$conf" "$dir/run" "$dir/storage"
# Bounds and managers that a container or a small virtual machine allows too: it may have neither CAP_SYS_RESOURCE nor systemd.
cat >"$conf/containers.conf" <<CONF
[engine]
$(command -v runc >/dev/null && echo 'runtime = "runc"')
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
CONF
# Without both folders Podman 4.3 can't commit an image.
cat >"$conf/storage.conf" <<CONF
[storage]
driver = "overlay"
runroot = "$dir/run/containers"
graphroot = "$dir/storage"
CONF
serve="podman --tmpdir $dir/run/libpod system service --time=0 unix://$dir/run/podman.sock"

if [ "$kind" = root ]; then
  export CONTAINERS_CONF="$conf/containers.conf" CONTAINERS_STORAGE_CONF="$conf/storage.conf"
  $serve &
else
  id=61000
  for file in passwd group subuid subgid; do
    cat "/etc/$file" >"$dir/$file" 2>/dev/null || :
    case $file in
      passwd) echo "crpm-test:x:$id:$id::$HOME:/bin/sh" ;;
      group) echo "crpm-test:x:$id:" ;;
      *) echo "crpm-test:2000000:65536" ;;
    esac >>"$dir/$file"
    [ -e "/etc/$file" ] || touch "/etc/$file"
    mount --bind "$dir/$file" "/etc/$file"
  done
  # udev would have let everybody open it.
  mknod -m 666 "$dir/tun" c 10 200
  mount --bind "$dir/tun" /dev/net/tun
  chown -R "$id:$id" "$HOME" "$dir/run" "$dir/storage"
  cd "$HOME"
  setpriv --reuid "$id" --regid "$id" --clear-groups $serve &
fi
# The first process of a pid namespace inherits the orphans.
wait $!
