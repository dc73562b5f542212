import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the cluster that a test may kill and bring back. It dies with this process. */
export class Program {
  private child: ChildProcess | undefined;

  constructor(
    readonly name: string,
    private readonly dir: string,
    private readonly argv: readonly string[],
  ) {}

  start(): void {
    const log = openSync(join(this.dir, `${this.name}.log`), 'a');
    const [program = '', ...args] = this.argv;
    this.child = spawn('setpriv', ['--pdeathsig=KILL', program, ...args], { stdio: ['ignore', log, log], cwd: this.dir });
    closeSync(log);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || !this.running) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }

  /** The last lines of its log. */
  tail(): string {
    return readFileSync(join(this.dir, `${this.name}.log`), 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  }
}
