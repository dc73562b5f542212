// What the distribution must bring, and how it is installed.
import { exists, must, onPath, say } from './shell.mjs';

/** `there`: a program on PATH, or an absolute path; `or`: where another distribution has it. The names are those of the packages that bring it. */
const BUILD = [
  { there: 'rpmbuild', apt: 'rpm', dnf: 'rpm-build' },
  { there: 'createrepo_c', apt: 'createrepo-c', dnf: 'createrepo_c' },
  { there: 'meson', apt: 'meson', dnf: 'meson' },
  { there: 'ninja', apt: 'ninja-build', dnf: 'ninja-build' },
  { there: 'gcc', apt: 'gcc', dnf: 'gcc' },
  { there: '/usr/include/stdio.h', apt: 'libc6-dev', dnf: 'glibc-devel' },
  { there: 'make', apt: 'make', dnf: 'make' },
  { there: 'git', apt: 'git', dnf: 'git-core' },
  { there: 'xz', apt: 'xz-utils', dnf: 'xz' },
  { there: 'patch', apt: 'patch', dnf: 'patch' },
];

/** On top of {@link BUILD}: the engines of the tests, what makes their image, and the readers that judge what was built. */
const TEST = [
  { there: 'dockerd', apt: 'docker.io', dnf: 'moby-engine' },
  { there: 'podman', apt: 'podman', dnf: 'podman' },
  { there: 'newuidmap', apt: 'uidmap', dnf: 'shadow-utils' },
  { there: 'slirp4netns', apt: 'slirp4netns', dnf: 'slirp4netns' },
  { there: 'containerd', apt: 'containerd', dnf: 'containerd' },
  { there: 'runc', apt: 'runc', dnf: 'runc' },
  { there: '/usr/lib/cni/bridge', apt: 'containernetworking-plugins', dnf: 'containernetworking-plugins' },
  { there: 'openssl', apt: 'openssl', dnf: 'openssl' },
  { there: 'iptables', apt: 'iptables', dnf: 'iptables' },
  { there: 'ip', apt: 'iproute2', dnf: 'iproute' },
  { there: 'setpriv', apt: 'util-linux', dnf: 'util-linux' },
  { there: 'docker-registry', or: 'registry', apt: 'docker-registry', dnf: 'docker-distribution' },
  { there: 'debootstrap', apt: 'debootstrap', dnf: 'debootstrap' },
  { there: 'dnf', apt: 'dnf', dnf: 'dnf' },
  { there: 'rst2man', apt: 'python3-docutils', dnf: 'python3-docutils' },
  { there: '/usr/include/libvirt-glib-1.0/libvirt-glib/libvirt-glib.h', apt: 'libvirt-glib-1.0-dev', dnf: 'libvirt-glib-devel' },
  { there: '/usr/include/glib-2.0/glib.h', apt: 'libglib2.0-dev', dnf: 'glib2-devel' },
  { there: 'ccache', apt: 'ccache', dnf: 'ccache' },
  { there: 'bzip2', apt: 'bzip2', dnf: 'bzip2' },
  { there: 'cpio', apt: 'cpio', dnf: 'cpio' },
  { there: 'autoreconf', apt: 'autoconf', dnf: 'autoconf' },
  { there: 'automake', apt: 'automake', dnf: 'automake' },
  { there: 'tmux', apt: 'tmux', dnf: 'tmux' },
  { there: 'zsh', apt: 'zsh', dnf: 'zsh' },
  { there: 'fish', apt: 'fish', dnf: 'fish' },
  { there: 'shellcheck', apt: 'shellcheck', dnf: 'ShellCheck' },
  { there: 'zstd', apt: 'zstd', dnf: 'zstd' },
  { there: 'ssh', apt: 'openssh-client', dnf: 'openssh-clients' },
  { there: 'pkg-config', apt: 'pkg-config', dnf: 'pkgconf-pkg-config' },
  { there: '/etc/ssl/certs/ca-certificates.crt', apt: 'ca-certificates', dnf: 'ca-certificates' },
];

/** On top of both: a browser for the pages, and letters for it. */
const BROWSER = [
  { there: 'chromium', or: 'chromium-browser', apt: 'chromium', dnf: 'chromium' },
  { there: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', or: '/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf', apt: 'fonts-dejavu-core', dnf: 'dejavu-sans-fonts' },
];

export const NEEDED = { build: BUILD, test: [...BUILD, ...TEST, ...BROWSER] };

/** The needed things that are not there. */
export function missing(needed) {
  const isThere = (name) => (name.startsWith('/') ? exists(name) : onPath(name));
  return needed.filter(({ there, or = there }) => !isThere(there) && !isThere(or));
}

export function isRoot() {
  return process.getuid?.() === 0;
}

/** The lines that install what is missing, by package manager. */
export function installLines(lacking) {
  const names = (manager) => [...new Set(lacking.map((each) => each[manager]))].join(' ');
  return { apt: `apt-get update && apt-get install --yes --no-install-recommends ${names('apt')}`, dnf: `dnf install --assumeyes ${names('dnf')}` };
}

/** Prints what somebody with the right to do so must type. */
export function tellHowToInstall(lacking) {
  const { apt, dnf } = installLines(lacking);
  process.stderr.write(`\nMissing: ${lacking.map(({ there }) => there).join(', ')}. As root, type one of\n\n  ${apt}\n  ${dnf}\n\n`);
}

/** Installs what is missing, saying so. Only as root, and only with a package manager it knows: check with {@link canInstall}. */
export async function install(lacking) {
  const manager = packageManager();
  const names = [...new Set(lacking.map((each) => each[manager]))];
  say(`installing from the distribution, with ${manager}: ${names.join(' ')}`);
  if (manager === 'dnf') return must(['dnf', 'install', '--assumeyes', ...names]);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await must(['apt-get', 'update', '--quiet'], { env });
  await must(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...names], { env });
}

export function canInstall() {
  return isRoot() && packageManager() !== undefined;
}

/** Debian has a dnf too, which knows no Debian package: apt goes first. */
function packageManager() {
  return ['apt', 'dnf'].find((name) => onPath(name === 'apt' ? 'apt-get' : name));
}
