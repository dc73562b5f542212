import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, EventNode, Failure, Json, NodeOutcome } from '@crpm/core';

const BEGAN = Date.parse('2026-11-26T10:22:31.000Z');
const PLACES = ['', '@aarch64_cs9', '@x86_64_cs10', '@aarch64_cs10'];
const COUNTS: Record<NodeOutcome, number> = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
/** What a log may hold that a page must not take for its own. */
export const HOSTILE = '</script><script>document.title = "taken over"</script><img src=x onerror="document.title = 1"> \u0000\u0007\u001b[31mred\u001b[0m \u202eturned\u202c';

const digest = (seed: number) => Array.from({ length: 64 }, (_, index) => ((seed * 7 + index * 13) % 16).toString(16)).join('');
const rpm = (name: string, version: string, arch: string, seed: number) => ({ file: `${name}-${version}-1.el9.crpm0001.${arch}.rpm`, name, epoch: name.startsWith('qemu') ? 17 : 0, version, release: '1.el9.crpm0001', arch, sourcerpm: `${name}.src.rpm`, sha256: digest(seed), size: 1_234_567 * (seed + 1) });

/** The graph of two packages in four places: 40 nodes. */
export function manyNodes(): readonly EventNode[] {
  const of = (name: string, place: string): readonly EventNode[] => [
    { id: `${name}.source${place}`, kind: 'source', title: `snapshot of ../${name}`, group: name, needs: [], lastMs: 900 },
    { id: `${name}.buildroot${place}`, kind: 'buildroot', title: `build root of ${name}`, group: name, needs: [`base${place}`, `${name}.source${place}`], lastMs: 41_000 },
    { id: `${name}.predict${place}`, kind: 'predict', title: `foresight of ${name}`, group: name, needs: [`${name}.buildroot${place}`] },
    { id: `${name}.rpmbuild${place}`, kind: 'rpmbuild', title: `RPMs of ${name}`, group: name, needs: [`${name}.source${place}`, `${name}.buildroot${place}`, `${name}.predict${place}`, `base${place}`], lastMs: 640_000 },
  ];
  const builds = PLACES.flatMap((place) => [{ id: `base${place}`, kind: 'base', title: 'base image', needs: [], lastMs: 12_000 }, ...of('qemu', place), ...of('libvirt', place)]);
  const rpms = builds.filter(({ kind }) => kind === 'rpmbuild').map(({ id }) => id);
  return [
    ...builds,
    { id: 'createrepo', kind: 'createrepo', title: 'repository', needs: rpms },
    { id: 'serve', kind: 'serve', title: 'repository server', needs: ['createrepo'] },
    { id: 'rpm-deps', kind: 'rpm-deps', title: 'rpm-deps of ../kubevirt', needs: ['serve', 'createrepo'] },
    { id: 'verify', kind: 'verify', title: 'proof that KubeVirt took the build', needs: ['rpm-deps', 'serve'] },
  ];
}

export interface RunShape {
  /** Of this run's logs; made. */
  readonly logs: string;
  readonly run: string;
  /** Fails, and what rests on it is never reached. */
  readonly failing?: string;
  /** Bytes of the log of one node. */
  readonly long?: { readonly node: string; readonly bytes: number };
}

const FAILURE: Failure = { class: 'build', message: 'rpmbuild of libvirt ended with exit code 1: the compiler found 1 error', next: 'Mend src/qemu/qemu_driver.c:1204, or crpm shell to look around.', lines: ['[412/1380] Compiling C object src/qemu/libvirt_driver_qemu_impl.a.p/qemu_driver.c.o', "../src/qemu/qemu_driver.c:1204:5: error: implicit declaration of function 'qemuFoo'", HOSTILE, 'ninja: build stopped: subcommand failed.'] };

/** Events of a run of {@link manyNodes}, with what real nodes find out, in their order. */
export function recordedEvents({ logs, run, failing }: Omit<RunShape, 'long'>): readonly Event[] {
  const nodes = manyNodes();
  const ends = new Map<string, { readonly at: number; readonly outcome: NodeOutcome }>();
  const events: Event[] = [];
  for (const { id, kind, needs, lastMs = 1500 } of nodes) {
    const begins = Math.max(BEGAN, ...needs.map((need) => ends.get(need)?.at ?? BEGAN));
    const reached = needs.every((need) => !['failed', 'not-run'].includes(ends.get(need)?.outcome ?? ''));
    const outcome: NodeOutcome = !reached ? 'not-run' : id === failing ? 'failed' : kind === 'base' || (kind === 'source' && id.startsWith('qemu')) ? 'fresh' : id.startsWith('qemu.buildroot') ? 'restored' : 'ran';
    const works = outcome === 'ran' || outcome === 'failed';
    const at = begins + (works ? Math.round(lastMs * 0.9) : 0);
    ends.set(id, { at, outcome });
    const log = works ? { log: join(logs, `${id}.log`) } : {};
    if (works) {
      const reasons = kind === 'rpmbuild' ? ['tree: src/qemu/qemu_driver.c changed', 'src/qemu/qemu_conf.h changed', 'build.check: false → true', `${id.replace('rpmbuild', 'buildroot')} changed`] : [];
      events.push({ type: 'node-started', at: begins, node: id, reason: reasons.join(', ') || 'first run', ...(reasons.length > 1 ? { reasons } : {}), log: join(logs, `${id}.log`) });
      if (kind === 'rpmbuild') events.push({ type: 'node-status', at: begins + 10, node: id, text: 'compiling' }, { type: 'node-warning', at: begins + 20, node: id, text: 'the spec drops patch 0007-<b>odd</b>.patch' });
    }
    events.push({ type: 'node-finished', at, node: id, outcome, ms: works ? at - begins : 0, ...(outcome === 'failed' ? { failure: FAILURE } : {}), ...(outcome === 'not-run' || outcome === 'failed' ? {} : { data: factOf(id, kind) }), ...log });
  }
  const end = Math.max(...[...ends.values()].map(({ at }) => at));
  const counts = { ...COUNTS };
  for (const { outcome } of ends.values()) counts[outcome]++;
  return [
    { type: 'run-started', at: BEGAN, run, nodes, logs, environment: { command: 'crpm run', config: '/home/dev/kubevirt/custom-rpms.config.yaml', crpm: '0.1.0', node: 'v20.20.2', system: 'Debian GNU/Linux 12 (bookworm), Linux 6.1.0, x64', processors: '2', memory: '7.8 GiB' } },
    ...events.sort((one, other) => one.at - other.at),
    { type: 'warning', at: end, text: 'the journal was cut at record 7' },
    { type: 'run-finished', at: end, run, ms: end - BEGAN, exitCode: failing === undefined ? 0 : 1, counts },
  ];
}

function factOf(id: string, kind: string): Json {
  const arch = id.includes('aarch64') ? 'aarch64' : 'x86_64';
  if (kind === 'rpmbuild') {
    const name = id.split('.')[0] ?? '';
    const names = name === 'qemu' ? ['qemu-kvm', 'qemu-kvm-core', 'qemu-img'] : ['libvirt-libs', 'libvirt-client', 'libvirt-daemon-driver-qemu'];
    return { package: name, rpms: names.map((one, index) => rpm(one, name === 'qemu' ? '10.1.0' : '11.10.0', arch, index)), here: { ccache: { hits: 297, misses: 3 } } };
  }
  if (kind === 'verify') {
    const rows = ['libvirt-libs', 'qemu-kvm-core', 'qemu-kvm'].map((name, index) => ({ name, evr: '0:11.10.0-1.el9.crpm0001', arch: 'x86_64', stream: 9, package: 'libvirt', trees: index === 2 ? [] : ['launcherbase_x86_64_cs9', 'handlerbase_x86_64_cs9'], verdict: index === 2 ? 'not needed' : 'taken', message: index === 2 ? 'no tree asks for it' : '' }));
    return { proof: { proven: true, standing: 'proof', resolver: 'bazeldnf v0.99.1', rows, complaints: [], moved: [{ name: 'pkgconf', before: [], after: ['0:1.7.3-10.el9'], trees: ['libvirt-devel_x86_64_cs9'] }] }, stale: {}, absent: [], allowOfficial: [] };
  }
  return { digest: `sha256:${digest(id.length)}` };
}

/** Puts a run on record as the runner would have, logs and all. */
export function recordRun({ long, ...shape }: RunShape): void {
  mkdirSync(shape.logs, { recursive: true });
  const events = recordedEvents(shape);
  writeFileSync(join(shape.logs, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  for (const event of events) {
    if (event.type !== 'node-started') continue;
    if (event.node === long?.node) writeLongLog(event.log, long.bytes);
    else writeFileSync(event.log, `first line of ${event.node}\n\u001b[32mgreen\u001b[0m and\ttab\n${HOSTILE}\nlast line of ${event.node}\n`);
  }
}

/** Lines as ninja and gcc write them; each is its own, and one in the middle is not to be found elsewhere. */
function writeLongLog(file: string, bytes: number): void {
  const fd = openSync(file, 'w');
  let line = 0;
  let marked = false;
  for (let written = 0; written < bytes; ) {
    const lines: string[] = [];
    for (; lines.length < 5000; line++) lines.push(`[${String(line % 1380)}/1380] cc -Isrc/libvirt.so.0.p -I../src -I/usr/include/glib-2.0 -O2 -g -Wall -fstack-protector-strong -MD -MQ src/object_${String(line)}.o -c ../src/util/file_${String((line * 7919) % 100_003)}.c`);
    if (!marked && written > bytes / 2) lines.push('needle in the middle of it');
    marked ||= written > bytes / 2;
    written += writeSync(fd, `${lines.join('\n')}\n`);
  }
  writeSync(fd, HOSTILE);
  closeSync(fd);
}
