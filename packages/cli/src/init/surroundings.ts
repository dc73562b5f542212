import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { resolvePath } from '@crpm/config';

/** A tree that was found, and how it came to be known. */
export interface FoundTree {
  /** Key under `sources`. */
  readonly name: string;
  /** Absolute. */
  readonly dir: string;
  /** Absolute folder of its dist-git, where one lies beside. */
  readonly distGit?: string;
  /** The variable of the environment that named it; absent: it lies beside. */
  readonly variable?: string;
}

/** What there is around the place where somebody starts. Nothing was run to find it. */
export interface Surroundings {
  /** Absolute folder that the config belongs in: that of KubeVirt, where one was found around. */
  readonly root: string;
  /** Absolute folder of a KubeVirt tree. */
  readonly kubevirt?: string;
  /** What most people build: QEMU and libvirt. */
  readonly trees: readonly FoundTree[];
  /** Trees of other packages that KubeVirt pins, which lie beside as well; and one of those two that QEMU_ONLY or LIBVIRT_ONLY, named as its variable, leaves out. */
  readonly others: readonly FoundTree[];
  /** What SINGLE_ARCH says. */
  readonly arch?: string;
  readonly stream?: { readonly number: 9 | 10; readonly from: string };
}

export interface LookOptions {
  /** Absolute folder to start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Names of all packages that crpm knows. */
  readonly known: readonly string[];
}

/** What a tree must hold to be taken for one; folders of the same name may be anything. */
const SIGNS: Readonly<Record<string, readonly string[]>> = { qemu: ['configure', 'VERSION'], libvirt: ['meson.build', 'libvirt.spec.in'] };
const VARIABLES: Readonly<Record<string, string>> = { qemu: 'QEMU_DIR', libvirt: 'LIBVIRT_DIR' };
/** Where a tree lies beside, as it is cloned. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = { qemu: ['qemu', 'qemu-kvm'], libvirt: ['libvirt'] };
/** Variables of the bash script that leave the other one out. */
const ONLY: Readonly<Record<string, string>> = { qemu: 'LIBVIRT_ONLY', libvirt: 'QEMU_ONLY' };
/** What the dist-git repository of a package is called, where it is not called like it. */
const DIST_GIT: Readonly<Record<string, { readonly folder: string; readonly variable: string }>> = { qemu: { folder: 'qemu-kvm', variable: 'QEMU_KVM_DIR' } };

export function lookAround({ cwd, env, known }: LookOptions): Surroundings {
  const kubevirt = kubevirtAround(cwd);
  const inside = kubevirt !== undefined && (cwd === kubevirt || cwd.startsWith(`${kubevirt}/`));
  const root = inside ? kubevirt : cwd;
  // Trees lie beside KubeVirt; one who stands in the folder that holds them has them below.
  const around = inside ? [dirname(root)] : [cwd, dirname(cwd)];
  const both = Object.keys(SIGNS).flatMap((name) => findTree(name, { cwd, env, around }));
  const left = ({ name }: FoundTree) => isYes(env[ONLY[name] ?? '']);
  const trees = both.filter((tree) => !left(tree));
  const leftOut = both.filter(left).map(({ name, dir }) => ({ name, dir, variable: ONLY[name] ?? '' }));
  const neighbours = known.filter((name) => !(name in SIGNS)).flatMap((name) => around.map((folder) => ({ name, dir: join(folder, name) })).filter(({ dir }) => isFolder(dir)).slice(0, 1));
  const stream = streamOf(env, both);
  const arch = env['SINGLE_ARCH'];
  return { root, ...(kubevirt === undefined ? {} : { kubevirt }), trees, others: [...leftOut, ...neighbours], ...(arch ? { arch } : {}), ...(stream ? { stream } : {}) };
}

/** The tree that one stands in, or the one that lies below or beside. */
function kubevirtAround(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (isKubevirt(folder)) return folder;
    if (dirname(folder) === folder) break;
  }
  return [join(cwd, 'kubevirt'), join(dirname(cwd), 'kubevirt')].find(isKubevirt);
}

function isKubevirt(folder: string): boolean {
  return existsSync(join(folder, 'hack', 'rpm-deps.sh')) && existsSync(join(folder, 'WORKSPACE'));
}

function findTree(name: string, { cwd, env, around }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly around: readonly string[] }): readonly FoundTree[] {
  const variable = VARIABLES[name];
  const named = variable === undefined ? undefined : env[variable];
  const dir = named ? resolvePath(cwd, named, env) : around.flatMap((place) => (FOLDERS[name] ?? []).map((folder) => join(place, folder))).find((folder) => lacking(name, folder).length === 0);
  if (dir === undefined) return [];
  const distGit = distGitOf(name, { cwd, env, around });
  return [{ name, dir, ...(distGit === undefined ? {} : { distGit }), ...(named && variable !== undefined ? { variable } : {}) }];
}

function distGitOf(name: string, { cwd, env, around }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly around: readonly string[] }): string | undefined {
  const known = DIST_GIT[name];
  if (!known) return undefined;
  const named = env[known.variable];
  const folders = named ? [resolvePath(cwd, named, env)] : around.map((place) => join(place, known.folder));
  return folders.find((folder) => isFolder(folder) && readdirSync(folder).some((file) => file.endsWith('.spec')));
}

/** By the variable that KubeVirt's scripts know, else by the branch that a dist-git folder is on. */
function streamOf(env: NodeJS.ProcessEnv, trees: readonly FoundTree[]): Surroundings['stream'] {
  const variable = 'KUBEVIRT_CENTOS_STREAM_VERSION';
  const given = numberOf(env[variable]);
  if (given) return { number: given, from: variable };
  for (const { distGit } of trees) {
    const branch = distGit === undefined ? undefined : branchOf(distGit);
    const number = numberOf(/^c(\d+)s$/.exec(branch ?? '')?.[1]);
    if (number && distGit !== undefined) return { number, from: `the branch ${branch ?? ''} of ${distGit}` };
  }
  return undefined;
}

function numberOf(text: string | undefined): 9 | 10 | undefined {
  return text === '9' ? 9 : text === '10' ? 10 : undefined;
}

/** Read from `.git/HEAD`; in a worktree, `.git` is a file that names the folder with it. */
function branchOf(folder: string): string | undefined {
  try {
    const git = join(folder, '.git');
    const dir = statSync(git).isFile() ? resolve(folder, readFileSync(git, 'utf8').replace(/^gitdir: /, '').trim()) : git;
    return /^ref: refs\/heads\/(.+)$/m.exec(readFileSync(join(dir, 'HEAD'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** Files that a tree of this package has and this folder has not. */
export function lacking(name: string, folder: string): readonly string[] {
  return (SIGNS[name] ?? []).filter((file) => !existsSync(join(folder, file)));
}

/** As the other commands read such a variable. */
function isYes(value: string | undefined): boolean {
  return /^(?:1|true|yes|y|on)$/i.test(value ?? '');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
