import { count } from '@crpm/reporters';
import { fine, warning, wrong, type Finding } from './finding.js';

const GIB = 1024 ** 3;

/** Free space below which a build of QEMU and libvirt is likely to end half-way, and below which nothing ends well; bytes. */
const ROOM = 10 * GIB;
const NO_ROOM = GIB / 2;
/** What a compile job of QEMU or libvirt can take, bytes. */
const PER_JOB = GIB / 2;

/** `what`: whose folder it is. `free`: bytes. */
export function judgeRoom(what: string, folder: string, free: number): Finding {
  const detail = `${folder}, ${inGib(free)} free`;
  if (free < NO_ROOM) return wrong(what, detail, 'Free some space: crpm cache gc, docker system df.');
  return free >= ROOM ? fine(what, detail) : warning(what, detail, 'A build of QEMU and libvirt wants about 10 GiB: crpm cache gc makes room.');
}

/** Cores and memory against each other: a build takes all cores, and each compile job needs memory of its own. Bytes. */
export function judgeCapacity({ cores, memory, jobs }: { readonly cores: number; readonly memory: number; /** `build.jobs` */ readonly jobs?: number }): readonly Finding[] {
  const used = Math.min(cores, jobs ?? cores);
  const fit = Math.max(1, Math.floor(memory / PER_JOB));
  const cpu = cores > 1 ? fine('cores', String(cores)) : warning('cores', '1: a first build of QEMU takes hours', 'Build where there are more.');
  const detail = `${inGib(memory)} for ${count(used, 'compile job')}`;
  return [cpu, used <= fit ? fine('memory', detail) : warning('memory', detail, `A compiler may be ended for lack of it: build.jobs: ${String(fit)} in the config.`)];
}

/** Proxies of the environment: who of crpm's uses them. */
export function judgeProxies(env: NodeJS.ProcessEnv): Finding {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
  const differ = names.find((name) => env[name] && env[name.toLowerCase()] && env[name] !== env[name.toLowerCase()]);
  if (differ !== undefined) return warning('proxy', `${differ} and ${differ.toLowerCase()} name different ones; programs disagree about which counts`, `Set both to the same: export ${differ.toLowerCase()}="$${differ}"`);
  const set = names.filter((name) => env[name] || env[name.toLowerCase()]);
  if (set.length === 0) return fine('proxy', 'none set');
  return warning('proxy', `${set.join(', ')} set: for git, and for programs that get BuildRequires; files by an address and repodata crpm gets without it`, 'If this machine has no other way out, get such files yourself and name their paths.');
}

/** `enforce`: the content of /sys/fs/selinux/enforce; absent: there is no SELinux. */
export function judgeSelinux(enforce: string | undefined): Finding {
  if (enforce === undefined) return fine('SELinux', 'not on this machine');
  return fine('SELinux', enforce.trim() === '1' ? "enforcing; crpm's containers run with label=disable, as KubeVirt's do" : 'permissive');
}

/** Device numbers of both folders. Within one file system a result is linked, which costs nothing. */
export function judgeStore({ state, cache, isFolder }: { readonly state: number; readonly cache: number; readonly isFolder: boolean }, folder: string): Finding {
  if (!isFolder) return wrong('store', `${folder} is no folder`, 'Move it away; crpm makes its own.');
  return state === cache ? fine('store', folder) : warning('store', `${folder} is on another file system than the results: they are copied, not linked`, 'Put XDG_CACHE_HOME and XDG_STATE_HOME on the same file system.');
}

function inGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
