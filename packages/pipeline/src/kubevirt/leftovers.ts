import type { Cri } from '../serve/cri.js';
import { CUSTOM_REPO } from './repo-file.js';

/**
 * In the builder's container: ends every process that was given crpm's repository file, with time to clean up, and prints how many there were.
 * `$1` is a whole entry of a process's environment.
 */
const END = `
found() { local file; for file in $(grep --null-data --line-regexp --fixed-strings --files-with-matches --no-messages -e "$1" /proc/[0-9]*/environ); do file=\${file#/proc/}; echo "\${file%/environ}"; done; }
pids=$(found "$1")
set -- "$1" $pids
echo $(($# - 1))
[ -z "$pids" ] && exit 0
kill -TERM $pids 2>/dev/null
for _ in {1..50}; do
  pids=$(found "$1")
  [ -z "$pids" ] && exit 0
  sleep 0.1
done
kill -KILL $pids 2>/dev/null
exit 0
`;

/**
 * Ends what an earlier rpm-deps of crpm, cancelled or killed, left running in KubeVirt's builder: `hack/dockerized` starts its script there by `exec`,
 * which passes no signal on, so it goes on writing into the volume. Only for who holds the lock of the volume. Returns the number of processes;
 * none where there is no such container, or it lacks bash or grep.
 */
export async function endLeftovers(cri: Cri, volume: string): Promise<number> {
  // The name that KubeVirt gives it; the filter also finds longer ones.
  const server = `${volume}-bazel-server`;
  const names = await cri.run(['ps', '--filter', `name=${server}`, '--format', '{{.Names}}']);
  if (!names.split('\n').includes(server)) return 0;
  try {
    return Number(await cri.run(['exec', server, 'bash', '-c', END, 'crpm', `CUSTOM_REPO=${CUSTOM_REPO}`])) || 0;
  } catch {
    return 0;
  }
}
