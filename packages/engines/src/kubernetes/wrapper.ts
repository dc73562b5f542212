import { CA_DIR, CA_FILE, CACHE_ROOT, INPUTS, SCRATCH, SECRET_DIR, WORK_ROOT } from './places.js';

/**
 * The shell text that is the first process of a pod. Fixed: values come as arguments and variables. POSIX sh, with tar, sha256sum and curl beside it. It unpacks what came along as
 * layers, runs one program, pushes what that wrote and left, and says in its termination message how it ended; then it ends with 0 whatever the program's code, so that
 * a Job which failed was never the program's doing.
 *
 * Variables: `CRPM_BLOBS` (address of the repository's blobs) and `CRPM_ORIGIN` (its scheme and host), `CRPM_REPOSITORY` (its path), `CRPM_PATH` (where the program is looked up), `CRPM_OUT` (name of the archive
 * in the layer that is pushed).
 */
const COMMON = `
set -u
# What the pod's log shows is what the program writes, and nothing of this script's.
exec 2> /dev/null
umask 022
message=/dev/termination-log
mkdir -p ${SCRATCH} ${WORK_ROOT} /tmp /root
log=${SCRATCH}/log
said=${SCRATCH}/said
: > "$log"
: > "$said"

# The last of what a program of ours complained of, as it may stand in JSON.
plain() { tail -c 600 "$said" 2>/dev/null | tr '\\n\\t"\\\\' "  '/" | tr -cd ' -~'; }
report() { printf '%s' "$1" > "$message"; exit 0; }
trouble() { report "{\\"crpm\\":1,\\"trouble\\":\\"$1\\",\\"said\\":\\"$(plain)\\"}"; }
for tool in tar sha256sum curl tail; do
  command -v "$tool" > /dev/null 2>&1 || trouble "the image has no $tool"
done

# Of a registry with an authority of its own: what the image trusts, and what this was told.
ca=
if [ -f ${CA_DIR}/${CA_FILE} ]; then
  ca=${SCRATCH}/${CA_FILE}
  for known in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
    if [ -f "$known" ]; then cat "$known"; break; fi
  done > "$ca"
  cat ${CA_DIR}/${CA_FILE} >> "$ca"
fi

auth=${SCRATCH}/auth
fetch() { curl \${ca:+--cacert "$ca"} --silent --show-error --connect-timeout 20 --speed-limit 1 --speed-time 120 "$@" 2>> "$said"; }
ask() { fetch --config "$auth" "$@"; }

# What the registry wants to see, into the file that curl reads: a token for this repository, name and password, or nothing.
login() {
  : > "$auth"
  chmod 600 "$auth"
  wants=$(fetch --head "$CRPM_ORIGIN/v2/" | tr -d '\\r' | sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: *//p')
  secret=${SECRET_DIR}/curl
  [ -f "$secret" ] || secret=/dev/null
  case $wants in
    *[Bb]earer*)
      realm=$(printf '%s' "$wants" | sed -n 's/.*realm="\\([^"]*\\)".*/\\1/p')
      service=$(printf '%s' "$wants" | sed -n 's/.*service="\\([^"]*\\)".*/\\1/p')
      token=$(fetch --config "$secret" --get --data-urlencode "service=$service" --data-urlencode "scope=repository:$CRPM_REPOSITORY:pull,push" "$realm" | sed -n 's/.*"\\(access_\\)\\{0,1\\}token" *: *"\\([^"]*\\)".*/\\2/p')
      [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\\n' "$token" > "$auth" ;;
    *) cat "$secret" > "$auth" ;;
  esac
}

# Sees to it that the registry has a file; its digest and size, as the message has them, are in $pushed.
push() {
  digest=sha256:$(sha256sum < "$1" | cut -d ' ' -f 1)
  size=$(wc -c < "$1" | tr -d ' ')
  pushed="[\\"$digest\\",$size]"
  attempt=0
  while :; do
    : > "$said"
    login
    answer=$(ask --head --output /dev/null --write-out '%{http_code}' "$CRPM_BLOBS/$digest") || answer=000
    [ "$answer" != 200 ] || return 0
    attempt=$((attempt + 1))
    [ "$attempt" -le 7 ] || return 1
    [ "$attempt" -eq 1 ] || sleep $((attempt * 3 - 5))
    # The header's last line counts: a proxy may answer first.
    place=$(ask --request POST --data-binary '' --output "$said.answer" --dump-header - "$CRPM_BLOBS/uploads/" | tr -d '\\r' | sed -n 's/^[Ll]ocation: *//p' | tail -n 1)
    if [ -z "$place" ]; then cat "$said.answer" >> "$said" 2>/dev/null; continue; fi
    case $place in http://* | https://*) ;; *) place=$CRPM_ORIGIN$place ;; esac
    case $place in *\\?*) place="$place&digest=$digest" ;; *) place="$place?digest=$digest" ;; esac
    answer=$(ask --request PUT --upload-file "$1" --header 'Content-Type: application/octet-stream' --header 'Expect:' --output "$said.answer" --write-out '%{http_code}' "$place") || answer=000
    [ "$answer" != 201 ] || return 0
    printf ' the registry answered %s: ' "$answer" >> "$said"
    cat "$said.answer" >> "$said" 2>/dev/null
  done
}

# How many processes of the container the kernel has ended for lack of memory.
killed() {
  if [ -r /sys/fs/cgroup/memory.events ]; then sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory.events
  else sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; fi
}

# Archives that came as layers, in order, below a folder.
unpack() {
  for archive in ${INPUTS}/*.tar; do
    [ -f "$archive" ] || continue
    tar -x -p --numeric-owner -f "$archive" -C "$1" 2> "$said" || trouble unpack
  done
}

# Arguments: folder, program, then NAME=VALUE… and argv for env. Sets code and oom.
run() {
  cd / && mkdir -p "$1" && cd "$1" || trouble "entering the folder of the program"
  (PATH=$CRPM_PATH; command -v -- "$2") > /dev/null 2>&1 || report '{"crpm":1,"absent":true}'
  shift 2
  before=$(killed)
  # Output goes to a file, which tail shows: a child that outlives the program can hold no pipe open.
  tail -n +1 -f "$log" &
  env -i "$@" >> "$log" 2>&1 < /dev/null
  code=$?
  oom=false
  [ "$(killed)" = "$before" ] || oom=true
  cd /
  # Whatever the program left running ends with it, as in a container of its own; so does tail.
  [ $$ -ne 1 ] || kill -KILL -1 2> /dev/null
}
`;

/** Arguments: a count of paths, the paths below the work folder that are kept (`.`: all of it), then those of `run`. */
export const RUN_IN_WORK = `${COMMON}
kept=$1
shift
cd ${WORK_ROOT} || trouble "entering the work folder"
unpack ${WORK_ROOT}
count=$kept
: > ${SCRATCH}/paths
while [ "$count" -gt 0 ]; do
  printf '%s\\n' "$1" >> ${SCRATCH}/paths
  shift
  count=$((count - 1))
done
run "$@"
push "$log" || trouble "pushing the log"
wrote=$pushed
out=
if [ "$kept" -gt 0 ]; then
  layer=${SCRATCH}/layer
  mkdir -p "$layer$(dirname ${INPUTS}/x)"
  cd ${WORK_ROOT} || trouble "entering the work folder"
  : > ${SCRATCH}/there
  while IFS= read -r path; do
    if [ -e "./$path" ] || [ -L "./$path" ]; then printf './%s\\n' "$path" >> ${SCRATCH}/there; fi
  done < ${SCRATCH}/paths
  tar -c --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --hard-dereference -f "$layer${INPUTS}/$CRPM_OUT" -T ${SCRATCH}/there 2> "$said" || trouble "packing the work folder"
  tar -c --format=posix --numeric-owner --mtime=@0 -f ${SCRATCH}/out -C "$layer" ".${INPUTS}/$CRPM_OUT" 2> "$said" || trouble "packing the work folder"
  rm -f "$layer${INPUTS}/$CRPM_OUT"
  push ${SCRATCH}/out || trouble "pushing the work folder"
  out=",\\"out\\":$pushed"
fi
report "{\\"crpm\\":1,\\"exit\\":$code,\\"oom\\":$oom,\\"log\\":$wrote$out}"
`;

/** Paths of the root file system that are no part of an image. */
const NOT_IMAGE = ['/proc', '/sys', '/dev', '/run/secrets', '/var/run/secrets', WORK_ROOT, SCRATCH, SECRET_DIR, CA_DIR, CACHE_ROOT, INPUTS, '/etc/hosts', '/etc/hostname', '/etc/resolv.conf'];

/**
 * Arguments: those of `run`. What came along is unpacked at `/`. If the program ends with 0, what it changed in the root file system becomes a layer: what is new or has another time of change, and
 * a whiteout for what went.
 */
export const RUN_ON_ROOT = `${COMMON}
for tool in find sort comm gzip sed xargs; do
  command -v "$tool" > /dev/null 2>&1 || trouble "the image has no $tool"
done
list() {
  find / -xdev -mindepth 1 \\( ${NOT_IMAGE.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -printf '%y %m %U %G %s %T@ %C@\\t%p\\0' 2> /dev/null | LC_ALL=C sort -z > "$1"
}
paths() { sed -z 's/^[^\\t]*\\t\\///' "$1" | LC_ALL=C sort -z; }
list ${SCRATCH}/before
unpack /
run "$@"
push "$log" || trouble "pushing the log"
wrote=$pushed
out=
if [ "$code" -eq 0 ]; then
  list ${SCRATCH}/after
  LC_ALL=C comm -z -13 ${SCRATCH}/before ${SCRATCH}/after > ${SCRATCH}/changed
  paths ${SCRATCH}/changed > ${SCRATCH}/paths
  tar -c --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner --xattrs --xattrs-include=security.capability --no-recursion --null -f ${SCRATCH}/out -C / -T ${SCRATCH}/paths 2> "$said" || trouble "packing the root file system"
  paths ${SCRATCH}/before > ${SCRATCH}/were
  paths ${SCRATCH}/after > ${SCRATCH}/are
  gone=${SCRATCH}/gone
  mkdir -p "$gone"
  # A whiteout needs its folder; with a folder goes all that was in it, and behind a link lies another.
  LC_ALL=C comm -z -23 ${SCRATCH}/were ${SCRATCH}/are | xargs -0 -r sh -c '
    for path; do
      case $path in */*) folder=/\${path%/*} ;; *) folder= ;; esac
      [ "$(cd -P "$folder/" 2>/dev/null && pwd)" = "\${folder:-/}" ] || continue
      mkdir -p "$0$folder" && : > "$0$folder/.wh.\${path##*/}"
    done' "$gone"
  (cd "$gone" && find . -type f -print0 | sed -z 's/^\\.\\///' | tar -r --format=posix --numeric-owner --no-recursion --null -f ${SCRATCH}/out -T -) 2> "$said" || trouble "packing what was removed"
  layer=$(sha256sum < ${SCRATCH}/out | cut -d ' ' -f 1)
  gzip -1 -n ${SCRATCH}/out || trouble "compressing the layer"
  push ${SCRATCH}/out.gz || trouble "pushing the layer"
  out=",\\"out\\":$pushed,\\"diff\\":\\"sha256:$layer\\""
fi
report "{\\"crpm\\":1,\\"exit\\":$code,\\"oom\\":$oom,\\"log\\":$wrote$out}"
`;

export interface Program {
  /** Absolute. */
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function words({ cwd, argv, env }: Program): readonly string[] {
  return [cwd, argv[0] ?? '', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv];
}

/** Keeps paths below the work folder; all of it is `.`. */
export function runInWork(program: Program, keep: readonly string[]): readonly string[] {
  return ['sh', '-c', RUN_IN_WORK, 'crpm', String(keep.length), ...keep, ...words(program)];
}

export function runOnRoot(program: Program): readonly string[] {
  return ['sh', '-c', RUN_ON_ROOT, 'crpm', ...words(program)];
}
