import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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
  /** Trees of other packages that KubeVirt pins, which lie beside as well. */
  readonly others: readonly FoundTree[];
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
/** What the dist-git repository of a package is called, where it is not called like it. */
const DIST_GIT: Readonly<Record<string, { readonly folder: string; readonly variable: string }>> = { qemu: { folder: 'qemu-kvm', variable: 'QEMU_KVM_DIR' } };

export function lookAround({ cwd, env, known }: LookOptions): Surroundings {
  const kubevirt = kubevirtAround(cwd);
  const inside = kubevirt !== undefined && (cwd === kubevirt || cwd.startsWith(`${kubevirt}/`));
  const root = inside ? kubevirt : cwd;
  const beside = dirname(root);
  const trees = Object.keys(SIGNS).flatMap((name) => findTree(name, { cwd, env, beside }));
  const others = known.filter((name) => !(name in SIGNS)).flatMap((name) => (isFolder(join(beside, name)) ? [{ name, dir: join(beside, name) }] : []));
  const stream = streamOf(env, trees);
  return { root, ...(kubevirt === undefined ? {} : { kubevirt }), trees, others, ...(stream ? { stream } : {}) };
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

function findTree(name: string, { cwd, env, beside }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly beside: string }): readonly FoundTree[] {
  const variable = VARIABLES[name];
  const named = variable === undefined ? undefined : env[variable];
  const dir = named ? resolve(cwd, named) : join(beside, name);
  if (!named && !(SIGNS[name] ?? []).every((file) => existsSync(join(dir, file)))) return [];
  const distGit = distGitOf(name, { cwd, env, beside });
  return [{ name, dir, ...(distGit === undefined ? {} : { distGit }), ...(named && variable !== undefined ? { variable } : {}) }];
}

function distGitOf(name: string, { cwd, env, beside }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly beside: string }): string | undefined {
  const known = DIST_GIT[name];
  if (!known) return undefined;
  const named = env[known.variable];
  const folder = named ? resolve(cwd, named) : join(beside, known.folder);
  return isFolder(folder) && readdirSync(folder).some((file) => file.endsWith('.spec')) ? folder : undefined;
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

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
