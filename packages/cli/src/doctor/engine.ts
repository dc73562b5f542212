import type { EngineFacts, EngineProbe } from '@crpm/engines';
import { fine, warning, wrong, type Finding } from './finding.js';

/** How many ids of its own a rootless engine needs, to be every user that a distribution's packages know. */
const IDS = 65_536;

export interface User {
  readonly name: string;
  readonly uid: number;
  /** Contents of /etc/subuid and /etc/subgid; absent: there is none. */
  readonly subuid?: string;
  readonly subgid?: string;
}

/** Where an engine was looked for before one was found, which nobody need mend unless it was named. Where none answers, the failure of the engine itself says where it was looked for. */
export function judgePlaces(probes: readonly Pick<EngineProbe, 'from' | 'answer'>[]): readonly Finding[] {
  const first = probes.findIndex(({ answer }) => answer.ok);
  return probes.slice(0, first + 1).map(({ from, answer }) => {
    if (answer.ok) return fine(from, answer.value);
    return from.startsWith('the Docker context ') ? warning(from, `${answer.error}; the next engine that answers is used`, 'Bring up what it names, or docker context use default.') : fine(from, `none: ${answer.error}`);
  });
}

/** What bites with an engine that runs without root. Nothing to tell of one that has it. */
export function judgeRootless({ rootless, flavour, local }: EngineFacts, user: User): readonly Finding[] {
  if (!rootless || !local) return [];
  const restart = flavour === 'podman' ? 'podman system migrate' : 'systemctl --user restart docker';
  const short = ([['/etc/subuid', user.subuid], ['/etc/subgid', user.subgid]] as const).filter(([, text]) => idsOf(text ?? '', user) < IDS);
  if (short.length === 0) return [fine('rootless', `${user.name} has ids of its own`)];
  const next = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user.name} && ${restart}`;
  return [wrong('rootless', `${short.map(([file]) => file).join(' and ')} ${short.length === 1 ? 'gives' : 'give'} ${user.name} fewer than ${String(IDS)} ids: packages with users of their own can't be installed into images`, next)];
}

/** How many ids a user has, by lines `name:first:count`. */
function idsOf(text: string, { name, uid }: User): number {
  return text.split('\n').reduce((sum, line) => {
    const [who, , number] = line.split(':');
    return who === name || who === String(uid) ? sum + Number(number ?? 0) : sum;
  }, 0);
}

/** Whether a bound on a build's memory would be kept. `wanted`: the config has one. */
export function judgeMemoryBound({ limitsMemory, cgroup }: EngineFacts, wanted: boolean): readonly Finding[] {
  if (limitsMemory) return [];
  const detail = `the engine keeps no bounds on memory${cgroup === 1 ? ' (cgroup v1)' : ''}${wanted ? ', and the config has build.memory' : ''}`;
  const next = cgroup === 1 ? 'Boot with systemd.unified_cgroup_hierarchy=1, or bound what is built at once: build.jobs.' : 'Let the user slice have the memory controller (systemctl edit user@.service, Delegate=yes).';
  return [wanted ? warning('memory bound', detail, next) : fine('memory bound', detail)];
}

/** Layers that no file system joins. Half a minute for an image of 650 MB, with every container. */
export function judgeLayers({ driver, flavour, rootless }: EngineFacts): readonly Finding[] {
  if (driver !== 'vfs') return [];
  const way = flavour === 'docker' ? 'Give dockerd another storage driver (docs.docker.com/engine/storage/drivers), on a file system that takes it.' : podmanOverlay(rootless);
  return [warning('layers', 'the engine keeps layers by the driver vfs: each container begins with a copy of its whole image', way)];
}

/** Podman stays with the driver that its storage began with. */
function podmanOverlay(rootless: boolean): string {
  const install = rootless ? 'Install fuse-overlayfs where the engine runs (apt or dnf install fuse-overlayfs), which wants a /dev/fuse that you may open. ' : '';
  return `${install}Let storage.conf say driver = "overlay", with its runroot and graphroot; then podman system reset, which removes all that this Podman has. See docs/engines.md.`;
}

/** What gives containers of a rootless Podman a network. */
export interface RootlessNetwork {
  /** `slirp4netns` or `pasta` is on PATH. */
  readonly program: boolean;
  /** What `/dev/net/tun` lets this user do; no such device: undefined. */
  readonly tun: 'open' | 'closed' | undefined;
}

/** Whether what prepares images would have one. Nothing to tell where it takes the machine's own. */
export function judgeRootlessNetwork({ rootless, flavour, local }: EngineFacts, network: 'bridge' | 'host', { program, tun }: RootlessNetwork): readonly Finding[] {
  if (!rootless || flavour !== 'podman' || !local || network === 'host') return [];
  const lacks = [
    ...(program ? [] : [['there is no slirp4netns or pasta', 'install slirp4netns (apt or dnf)'] as const]),
    ...(tun === 'closed' ? [['/dev/net/tun lets only root in', 'sudo chmod 666 /dev/net/tun'] as const] : tun === undefined ? [['there is no /dev/net/tun', 'sudo modprobe tun'] as const] : []),
  ];
  if (lacks.length === 0) return [];
  return [wrong('rootless network', `${lacks.map(([what]) => what).join(', and ')}: containers get no network, and build roots can't be filled`, `${lacks.map(([, mend]) => mend).join('; ')}. Or give them this machine's: engine: { network: host }.`)];
}
