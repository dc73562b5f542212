import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a Node process write down, where it ends, the most memory that it ever held, as the kernel recorded it. */
export class PeakMemory {
  readonly #file: string;
  /** What its environment needs. */
  readonly env: NodeJS.ProcessEnv;

  constructor(folder: string) {
    this.#file = join(folder, 'peak');
    const probe = join(folder, 'probe.cjs');
    writeFileSync(probe, `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(this.#file)}, require('node:fs').readFileSync('/proc/self/status')));\n`);
    this.env = { NODE_OPTIONS: `--require ${probe}` };
  }

  /** Of the last one that ended. */
  get megabytes(): number {
    return (Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(this.#file, 'utf8'))?.[1]) * 1024) / 1e6;
  }
}
