import { Readable } from 'node:stream';
import { fail } from '@crpm/core';

export type Env = Readonly<Record<string, string | undefined>>;

/** The container tool that KubeVirt's scripts use: its engine is where the resolver runs, and where the builder's volume is. */
export interface Cri {
  readonly name: 'podman' | 'docker';
  /** Runs it; what it printed. Fails with class `environment` if it ends with other than 0. */
  run(args: readonly string[], input?: Readable | { readonly tar: readonly string[] }): Promise<string>;
  /** The tar stream that `cp <from> -` gives. */
  get(from: string): Readable;
}

/** KubeVirt's own order: what the user says in `KUBEVIRT_CRI`, else podman if it answers, else docker. Nothing if none answers. */
export async function findCri(env: Env, signal: AbortSignal): Promise<Cri | undefined> {
  const { execa } = await import('execa');
  const said = env['KUBEVIRT_CRI'];
  const options = { extendEnv: false, env: definedOnly(env), cancelSignal: signal } as const;
  const candidates: readonly Cri['name'][] = said === 'podman' || said === 'docker' ? [said] : ['podman', 'docker'];
  for (const name of candidates) {
    const answer = await execa(name, ['ps', '--quiet'], { ...options, reject: false, stdin: 'ignore', timeout: 30_000 });
    signal.throwIfAborted();
    if (answer.exitCode !== 0) continue;
    return {
      name,
      async run(args, input) {
        const ran = await (input === undefined
          ? execa(name, args, { ...options, reject: false, stdin: 'ignore' })
          : input instanceof Readable
            ? execa(name, args, { ...options, reject: false, input })
            : execa('tar', input.tar, { ...options, reject: false, buffer: false, stdin: 'ignore' }).pipe(name, args, { ...options, reject: false }));
        signal.throwIfAborted();
        if (ran.failed) {
          const said = String(ran.stderr ?? '').trim().split('\n').slice(-10);
          fail({ class: 'environment', message: `${name} ${args[0] ?? ''} failed: ${said.at(-1) || ran.shortMessage}`, next: `See whether ${name} ps works.`, lines: said });
        }
        return String(ran.stdout).trim();
      },
      get(from) {
        return execa(name, ['cp', from, '-'], { ...options, reject: false, buffer: false, stdin: 'ignore' }).readable();
      },
    };
  }
  return undefined;
}

/** As {@link findCri}, where nothing goes without one. */
export async function requireCri(env: Env, signal: AbortSignal): Promise<Cri> {
  return (await findCri(env, signal)) ?? fail({ class: 'environment', message: 'neither podman nor docker answers on the command line, and serve.mode needs the one that KubeVirt uses', next: 'Start it, or set KUBEVIRT_CRI and DOCKER_HOST as for KubeVirt.' });
}

/** Labels as the engines put them: what `crpm clean` may remove. `serve` outlives its run; a `carrier` is of use only while it is being used. */
export function serveLabels(workspace: string, run: 'serve' | 'carrier' = 'serve'): readonly string[] {
  return ['dev.crpm=1', `dev.crpm.workspace=${workspace}`, `dev.crpm.run=${run}`, 'dev.crpm.node=serve'].flatMap((label) => ['--label', label]);
}

function definedOnly(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
