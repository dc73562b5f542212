/** Alternate screen with a cursor that is not seen, and rows that never wrap: where a terminal counts columns otherwise than we do, a row is cut and none below it moves. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
/** Cleared before, for terminals that have no alternate screen. */
export const LEAVE = '\u001b[H\u001b[J\u001b[?7h\u001b[?25h\u001b[?1049l';
const CLEAR = '\u001b[2J';
const HOME = '\u001b[H';

/**
 * The terminal's alternate screen, as rows. Not the lines below the prompt: what a terminal does with those when it becomes smaller nobody can know. Most wrap rows that
 * are too wide now and push what has no room into their history, where nothing can be taken back; others cut them. None does so in its alternate screen, and what was in
 * the terminal before comes back as it was.
 */
export class Canvas {
  #drawn: readonly string[] | undefined;
  #entered = false;

  constructor(private readonly write: (text: string) => unknown) {}

  enter(): void {
    this.write(ENTER);
    this.#entered = true;
    this.#drawn = undefined;
  }

  leave(): void {
    if (this.#entered) this.write(LEAVE);
    this.#entered = false;
  }

  /** The terminal has another size: what is where is not known any more. */
  forget(): void {
    this.#drawn = undefined;
  }

  /** Writes the rows that differ from what is there. Never more than the terminal has, and none with a control sequence but colours. */
  paint(rows: readonly string[]): void {
    if (!this.#entered) return;
    const before = this.#drawn ?? [];
    const changed = rows.flatMap((row, index) => (row === before[index] ? [] : [`${rowAt(index)}${row}\u001b[K`]));
    // Below the last row of a full screen there is nothing, and asking for it would hit that row.
    const rest = before.length > rows.length ? `${rowAt(rows.length)}\u001b[J` : '';
    // The cursor rests where a line feed, typed and echoed, scrolls nothing.
    if (!this.#drawn || changed.length > 0 || rest !== '') this.write(`${this.#drawn ? '' : CLEAR}${changed.join('')}${rest}${HOME}`);
    this.#drawn = rows;
  }
}

function rowAt(index: number): string {
  return `\u001b[${index + 1}H`;
}
