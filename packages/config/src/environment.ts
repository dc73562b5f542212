import path from 'node:path';
import type { Arch, Config } from '@crpm/core';
import type { Complaints } from './check/complaints.js';
import type { ConfigFile, Source } from './generated/config-file.js';
import { DEFAULT_BASESYSTEM } from './normalize/basesystem.js';
import { presetName, VERSION_VARIABLES } from './normalize/presets.js';
import { show } from './yaml/nodes.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Folders, only names, versions and choices that the environment sets; empty variables are unset ones. */
export interface EnvironmentOverrides {
  /** Absolute. */
  readonly qemuDir?: string;
  readonly qemuKvmDir?: string;
  readonly libvirtDir?: string;
  readonly only?: 'qemu' | 'libvirt';
  readonly versions: Readonly<Record<string, string>>;
  readonly arch?: Arch;
  readonly kubevirtBasesystem?: string;
  readonly stream?: 9 | 10;
  readonly crossArchEmulation: boolean;
}

const VERSION = /^[0-9]+:[A-Za-z0-9._+~^]+(-[A-Za-z0-9._+~^]+)?$/;
const RPM_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,255}$/;
const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];
const YES = ['1', 'true', 'yes', 'y', 'on'];
const NO = ['0', 'false', 'no', 'n', 'off'];

/** `~` is home also where no shell has seen it: in an answer, or quoted in a variable. */
export function resolvePath(cwd: string, written: string, { HOME = '~' }: Environment): string {
  return path.resolve(cwd, written.replace(/^~(?=\/|$)/, () => HOME));
}

/** Reads the variables that KubeVirt's own scripts know. A bad value is a complaint that names its variable. */
export function readEnvironment(env: Environment, cwd: string, complaints: Complaints): EnvironmentOverrides {
  const get = (name: string) => env[name] || undefined;
  const bad = (name: string, wanted: string, among: readonly string[] = []) => {
    const word = get(name) ?? '';
    complaints.general('error', `the environment has ${name}=${show(word)}; ${wanted}`, among.length > 0 ? { word, among } : undefined);
  };
  const folder = (name: string) => {
    const value = get(name);
    if (value === undefined) return undefined;
    if (/[\u0000-\u001f\u007f]/.test(value)) bad(name, 'expected: a path without control characters');
    return resolvePath(cwd, value, env);
  };
  const flag = (name: string) => {
    const value = get(name)?.toLowerCase();
    if (value === undefined || NO.includes(value)) return false;
    if (!YES.includes(value)) bad(name, 'expected: true or false');
    return true;
  };
  const matching = (name: string, pattern: RegExp, wanted: string) => {
    const value = get(name);
    if (value !== undefined && !pattern.test(value)) bad(name, `expected: ${wanted}`);
    return value;
  };

  const qemuOnly = flag('QEMU_ONLY');
  const libvirtOnly = flag('LIBVIRT_ONLY');
  if (qemuOnly && libvirtOnly) complaints.general('error', 'QEMU_ONLY and LIBVIRT_ONLY are both set, which leaves nothing to build; unset one');
  const versions = VERSION_VARIABLES.flatMap((name) => {
    const value = matching(name, VERSION, 'EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9');
    return value === undefined ? [] : [[name, value] as const];
  });
  const arch = get('SINGLE_ARCH');
  if (arch !== undefined && !isArch(arch)) bad('SINGLE_ARCH', `it must be one of: ${ARCHES.join(', ')}`, ARCHES);
  const stream = get('KUBEVIRT_CENTOS_STREAM_VERSION');
  if (stream !== undefined && stream !== '9' && stream !== '10') bad('KUBEVIRT_CENTOS_STREAM_VERSION', 'it must be 9 or 10');
  const emulation = get('KUBEVIRT_CROSS_ARCH_EMULATION');
  if (emulation !== undefined && NO.includes(emulation.toLowerCase())) bad('KUBEVIRT_CROSS_ARCH_EMULATION', "KubeVirt's script takes any text for yes; unset it for no");
  const kubevirtBasesystem = matching('BASESYSTEM', RPM_NAME, 'the name of an RPM, as in centos-stream-release');

  const [qemuDir, qemuKvmDir, libvirtDir] = [folder('QEMU_DIR'), folder('QEMU_KVM_DIR'), folder('LIBVIRT_DIR')];
  return {
    ...(qemuDir !== undefined && { qemuDir }),
    ...(qemuKvmDir !== undefined && { qemuKvmDir }),
    ...(libvirtDir !== undefined && { libvirtDir }),
    ...(qemuOnly ? { only: 'qemu' as const } : libvirtOnly ? { only: 'libvirt' as const } : {}),
    versions: Object.fromEntries(versions),
    ...(isArch(arch) && { arch }),
    ...(kubevirtBasesystem !== undefined && { kubevirtBasesystem }),
    ...(stream === '9' || stream === '10' ? { stream: stream === '9' ? (9 as const) : (10 as const) } : {}),
    crossArchEmulation: emulation !== undefined,
  };
}

/** Those that are set, as one would type them. */
export function setVariables(env: Environment): readonly string[] {
  const names = ['QEMU_DIR', 'QEMU_KVM_DIR', 'LIBVIRT_DIR', 'QEMU_ONLY', 'LIBVIRT_ONLY', ...VERSION_VARIABLES, 'SINGLE_ARCH', 'BASESYSTEM', 'KUBEVIRT_CENTOS_STREAM_VERSION', 'KUBEVIRT_CROSS_ARCH_EMULATION'];
  return names.flatMap((name) => (env[name] && !(name.endsWith('_ONLY') && NO.includes(env[name].toLowerCase())) ? [`${name}=${env[name]}`] : []));
}

function isArch(text: string | undefined): text is Arch {
  return ARCHES.some((arch) => arch === text);
}

/** The file with what the environment says over it. */
export function applyEnvironment(file: ConfigFile, env: EnvironmentOverrides, complaints: Complaints): ConfigFile {
  const basesystem = basesystemOf(file, env);
  return {
    ...file,
    ...(basesystem !== undefined && { basesystem }),
    ...(env.arch && { arch: env.arch }),
    sources: applySources(file.sources ?? {}, env, complaints),
    rpmDeps: {
      ...file.rpmDeps,
      versions: { ...file.rpmDeps?.versions, ...env.versions },
      ...(env.kubevirtBasesystem !== undefined && { basesystem: env.kubevirtBasesystem }),
      ...(env.crossArchEmulation && { crossArchEmulation: true }),
    },
  };
}

/** A stream selects CentOS Stream; `host` and a base system of the user's own say their stream themselves, and of a list that is known only when all are. */
function basesystemOf(file: ConfigFile, { stream }: EnvironmentOverrides): string | undefined {
  const { basesystem = DEFAULT_BASESYSTEM } = file;
  const selectable = typeof basesystem === 'string' && /^centos-stream-(9|10)$/.test(basesystem);
  return stream !== undefined && selectable ? `centos-stream-${stream}` : undefined;
}

/** KubeVirt's other commands would follow the variable, so a contradiction must not pass in silence. */
export function warnOfStream({ basesystems }: Config, { stream }: EnvironmentOverrides, complaints: Complaints): void {
  if (stream === undefined || basesystems.some((basesystem) => basesystem.stream === stream)) return;
  const told = basesystems.map((basesystem) => `the base system ${basesystem.name} is for stream ${basesystem.stream}`);
  complaints.general('warning', `KUBEVIRT_CENTOS_STREAM_VERSION=${stream} is not used: ${told.join(', ')}`);
}

function applySources(given: Readonly<Record<string, Source>>, env: EnvironmentOverrides, complaints: Complaints): Record<string, Source> {
  const sources = new Map(Object.entries(given));
  const of = (preset: string) => [...sources.keys()].find((name) => presetName(name, sources.get(name)?.preset) === preset);
  const setDir = (preset: string, dir: string | undefined) => {
    if (dir === undefined) return;
    const name = of(preset) ?? preset;
    // A folder to build takes the place of RPMs at hand, and of a tree that would be fetched.
    const source = { ...sources.get(name), dir };
    delete source.rpms;
    delete source.git;
    delete source.ref;
    delete source.tarball;
    delete source.srpm;
    delete source.sha256;
    if (source.kind === 'prebuilt' || source.kind === 'srpm' || source.kind === 'rpmbuild-ta') delete source.kind;
    sources.set(name, source);
  };
  setDir('qemu', env.qemuDir);
  setDir('libvirt', env.libvirtDir);
  if (env.qemuKvmDir !== undefined && env.only !== 'libvirt') {
    const name = of('qemu');
    if (name === undefined) complaints.general('error', 'QEMU_KVM_DIR is set, but there is no QEMU to build with it; set QEMU_DIR, too');
    else sources.set(name, { ...sources.get(name), spec: { dir: env.qemuKvmDir } });
  }
  if (env.only !== undefined) {
    if (of(env.only) === undefined) {
      const variable = env.only.toUpperCase();
      complaints.general('error', `${variable}_ONLY is set, but there is no source ${env.only}; set ${variable}_DIR, or add it to the config`);
      // Without the other one there would be nothing to build, which would be complained about as well.
      return Object.fromEntries(sources);
    }
    const other = env.only === 'qemu' ? 'libvirt' : 'qemu';
    for (let name = of(other); name !== undefined; name = of(other)) sources.delete(name);
  }
  return Object.fromEntries(sources);
}
