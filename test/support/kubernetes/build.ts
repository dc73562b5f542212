import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const MODULE = join(import.meta.dirname, '../../../tools/kubernetes');

/** Go's cache of this build, beside the executables; a build from nothing takes minutes. */
export function kubernetesCache(): string {
  return process.env['CRPM_TEST_CACHE'] ?? join(homedir(), '.cache', 'crpm-test');
}

function executablePath(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(MODULE, file))).update('\0');
  return join(kubernetesCache(), `kubernetes-${hash.digest('hex').slice(0, 16)}`);
}

/** Whether a cluster can be had without building it first. */
export function isBuilt(): boolean {
  return existsSync(executablePath());
}

/**
 * Absolute path of an executable with all that a cluster of one node needs, of the version that `tools/kubernetes/go.mod` names; built once (about four minutes on two cores) and kept under
 * `$CRPM_TEST_CACHE` by the hash of its sources. Nothing, and a word about it, where it can't be built.
 */
export async function kubernetes(log: (line: string) => void = (line) => console.warn(line)): Promise<string | undefined> {
  const executable = executablePath();
  if (existsSync(executable)) return executable;
  const go = await execa('go', ['env', 'GOVERSION'], { reject: false });
  if (go.exitCode !== 0) {
    log('SKIPPED: no Go on PATH, so no cluster: install golang 1.24 or later to test the Kubernetes engine');
    return undefined;
  }
  mkdirSync(kubernetesCache(), { recursive: true });
  const work = mkdtempSync(join(kubernetesCache(), 'kubernetes-build-'));
  try {
    log(`building Kubernetes with ${go.stdout}; some minutes, then it is kept in ${kubernetesCache()}`);
    const version = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1] ?? '';
    const [major = '', minor = ''] = version.slice(1).split('.');
    const stamp = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((where) => Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }).map(([name, value]) => `-X ${where}.${name}=${value}`));
    // Not optimised: it is built more often than it is busy.
    const argv = ['build', '-trimpath', '-buildvcs=false', '-gcflags=all=-N -l -dwarf=false', '-ldflags', ['-s', '-w', ...stamp].join(' '), '-o', join(work, 'kubernetes'), '.'];
    const built = await execa('go', argv, { cwd: MODULE, env: { CGO_ENABLED: '0', GOGC: '400' }, reject: false });
    if (built.exitCode !== 0) {
      log(`SKIPPED: Kubernetes can't be built with ${go.stdout}: ${built.stderr.split('\n').slice(-3).join(' ')}`);
      return undefined;
    }
    renameSync(join(work, 'kubernetes'), executable);
    return executable;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
