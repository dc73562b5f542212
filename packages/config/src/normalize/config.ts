import path from 'node:path';
import type { Arch, Basesystem, Config } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile } from '../generated/config-file.js';
import { resolveBasesystems } from './basesystem.js';
import { checkHostArches } from './host-arch.js';
import { resolvePackages } from './packages.js';
import { resolvePath } from './paths.js';
import { resolveCache, resolveCluster, resolveEngine, resolveRelease, resolveRpmDeps, resolveServe } from './sections.js';
import { resolveTasks } from './tasks.js';

export interface NormalizeOptions {
  /** Absolute path of the config file, if there is one. */
  readonly file?: string;
  /** Absolute folder that relative paths are relative to. */
  readonly root: string;
  /** `CI=true`: the profile is `full` unless the file says otherwise. */
  readonly ci: boolean;
  /** Node's name of this machine's architecture. */
  readonly machine: string;
  /** The variable of the environment that `arch` comes from, if the file's was overridden. */
  readonly archVariable?: string;
  /** CentOS Stream number that the environment asks for: of several base systems, the one for it is meant. */
  readonly stream?: number;
  /** Version variables that the environment sets. */
  readonly versions?: Readonly<Record<string, string>>;
}

const ARCHES: Readonly<Record<string, Arch>> = { x64: 'x86_64', arm64: 'aarch64', s390x: 's390x' };

/** A valid file with its defaults filled in and its paths absolute. Complains about what the schema can't say; then the result is nothing. */
export function normalize(file: ConfigFile, options: NormalizeOptions, complaints: Complaints): Config | undefined {
  const { root, ci } = options;
  const machine = ARCHES[options.machine];
  const basesystems = ofStream(resolveBasesystems(file, root, complaints), options.stream);
  const arches = resolveArches(file.arch, options.machine, complaints);
  const packages = resolvePackages({ file, root, basesystems, arches, ci, complaints });
  const tasks = resolveTasks(file, complaints);
  checkHostArches({ arches, given: file.arch, variable: options.archVariable, machine, basesystems, packages }, complaints);
  if (packages.length === 0 && tasks.length === 0) complaints.error(['sources'], nothingToDo(file.serve?.mode), { part: 'key', unlessMeant: ['sources', 'tasks'] });
  const kubevirt = file.kubevirt ?? { dir: '.' };
  const kubevirtDir = kubevirt && resolvePath(kubevirt.dir, root, ['kubevirt', 'dir'], complaints);
  const serve = resolveServe(file.serve ?? {}, basesystems, complaints);
  const rpmDeps = resolveRpmDeps({ file, basesystems, packages, fromEnvironment: options.versions ?? {}, complaints });
  const engine = resolveEngine(file.engine);
  const own = basesystems.find(({ base }) => base.kind === 'host');
  if (own && (engine.kind === 'docker' || engine.kind === 'kubernetes')) {
    complaints.error(typeof file.engine === 'string' ? ['engine'] : ['engine', 'kind'], `the basesystem ${own.name} is this machine's own, and is built on this machine only: it has no use for engine ${engine.kind}`);
  }
  const cluster = resolveCluster({ cluster: file.cluster, basesystems, hasTree: kubevirtDir !== false, root, complaints });
  if (complaints.hasErrors) return undefined;
  return {
    ...(options.file !== undefined && { file: options.file }),
    root: path.resolve(root),
    basesystems,
    arches,
    ...(machine && { machine }),
    packages,
    ...(kubevirtDir !== false && { kubevirt: { dir: kubevirtDir } }),
    release: resolveRelease(file.release),
    serve,
    rpmDeps,
    engine,
    cache: resolveCache(file.cache, ci),
    cluster,
    tasks,
  };
}

function ofStream(basesystems: readonly Basesystem[], stream: number | undefined): readonly Basesystem[] {
  const meant = basesystems.filter((basesystem) => basesystem.stream === stream);
  return meant.length > 0 ? meant : basesystems;
}

function nothingToDo(mode: string | undefined): string {
  if (mode !== 'published') return 'there is nothing to build; name at least one source: sources: { libvirt: { dir: ../libvirt } }';
  return 'nothing is named that KubeVirt should take; name the sources whose RPMs are at serve.baseUrl: sources: { libvirt: {}, qemu: {} }';
}

function resolveArches(given: ConfigFile['arch'], machine: string, complaints: Complaints): readonly Arch[] {
  if (given !== undefined) return typeof given === 'string' ? [given] : given;
  const arch = ARCHES[machine];
  if (!arch) complaints.error(['arch'], `KubeVirt is not built for this machine's architecture, ${machine}; say arch: x86_64, aarch64 or s390x`);
  return arch ? [arch] : [];
}
