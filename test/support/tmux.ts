import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { vi } from 'vitest';

/** The tests' own way to see a program as a person sees it: the screen of a terminal that wraps long rows anew when it becomes smaller, and keeps a history. */
export class Tmux {
  readonly #socket: string;

  /** Starts a shell with job control in `cwd`; how it is reached is a file beside that folder. */
  constructor({ cwd, env, rows, columns }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly rows: number; readonly columns: number }) {
    this.#socket = join(cwd, '..', 'tmux.sock');
    const { status, stderr } = spawnSync('tmux', ['-S', this.#socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'test', '-x', String(columns), '-y', String(rows), 'bash --norc --noprofile -i'], { cwd, env: { ...env, LC_ALL: 'C.UTF-8' }, encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux does not start: ${stderr}`);
    this.#do('set-option', '-g', 'window-size', 'manual');
    this.resize(rows, columns);
  }

  /** Types text. */
  type(text: string): void {
    this.#do('send-keys', '-t', 'test', '-l', text);
  }

  /** Presses keys by their names in tmux: `Enter`, `Up`, `PPage`, `C-z`. */
  press(...keys: readonly string[]): void {
    this.#do('send-keys', '-t', 'test', ...keys);
  }

  resize(rows: number, columns: number): void {
    this.#do('resize-window', '-t', 'test', '-x', String(columns), '-y', String(rows));
  }

  /** The rows that are seen, without blanks at their ends; with `history`, what was scrolled out above them too. */
  rows({ history = false } = {}): readonly string[] {
    return this.#do('capture-pane', '-p', '-t', 'test', ...(history ? ['-S', '-'] : [])).trimEnd().split('\n');
  }

  /** Whether the cursor is seen. */
  get cursor(): boolean {
    return this.#do('display-message', '-p', '-t', 'test', '#{cursor_flag}').trim() === '1';
  }

  /** Resolves with the rows once one of them matches. */
  shows(pattern: RegExp): Promise<readonly string[]> {
    return this.becomes((rows) => rows.some((row) => pattern.test(row)), pattern.source);
  }

  becomes(wanted: (rows: readonly string[]) => boolean, what: string): Promise<readonly string[]> {
    return vi.waitFor(
      () => {
        const rows = this.rows();
        if (!wanted(rows)) throw new Error(`not seen: ${what}; the screen is\n${rows.join('\n')}`);
        return rows;
      },
      { timeout: 20_000, interval: 50 },
    );
  }

  end(): void {
    this.#do('kill-server');
  }

  #do(...argv: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', this.#socket, ...argv], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux ${argv.join(' ')}: ${stderr}`);
    return stdout;
  }
}
