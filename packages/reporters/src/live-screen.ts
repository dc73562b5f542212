import stringWidth from 'string-width';
import { Held } from './held.js';
import { Canvas, LEAVE } from './live-canvas.js';
import { inItsLetters } from './live-console.js';
import { placeRows } from './live-fit.js';
import { logPage } from './live-log.js';
import type { LiveModel } from './live-model.js';
import { widest } from './live-progress.js';
import { LiveRows } from './live-rows.js';
import { keyHelp, press, type Room, type View } from './live-view.js';
import type { Screen, Terminal } from './reporter.js';
import { RowCutter } from './row-cutter.js';

/** How often the model is copied to the screen, in milliseconds; a build may print thousands of lines in that time. */
const FRAME = 100;

export interface LiveScreen {
  /** Leaves the view and gives the terminal back. */
  close(): void;
}

/** Draws a model until it is closed, whenever the terminal can be had. */
export async function openScreen(model: LiveModel, stream: Screen, terminal: Terminal = undisputed()): Promise<LiveScreen> {
  const nodes = [...model.nodes.values()];
  const rows = await LiveRows.of(model);
  const atOnce = widest(model.nodes);
  const canvas = new Canvas(stream.write.bind(stream));
  const cutter = new RowCutter();
  const held = new Held([stream, ...(process.stderr.isTTY ? [process.stderr] : [])]);
  let view: View = { open: false };

  const leave = () => {
    canvas.leave();
    held.letGo();
  };
  const draw = () => {
    const taken = terminal.take();
    // Nobody may be left before a screen without a cursor, though somebody else has it by now.
    if (taken === 'gone') return leave();
    if (taken === 'anew') {
      canvas.enter();
      held.hold();
    }
    const size = sizeOf(stream);
    canvas.paint(inItsLetters(cutter.cut(frame(model, rows, view, { ...size, atOnce, said: held.last, typing: terminal.typing }), size.width), process.env['TERM']));
  };
  const resized = () => {
    canvas.forget();
    draw();
  };
  terminal.onLeave(leave, LEAVE);
  terminal.onType((typed) => {
    view = press(view, typed, nodes, logRoom(sizeOf(stream), held.last));
    draw();
  });
  stream.on?.('resize', resized);
  draw();
  const frames = setInterval(() => {
    rows.spin();
    draw();
  }, FRAME);
  return {
    close: () => {
      clearInterval(frames);
      stream.off?.('resize', resized);
      leave();
      terminal.close();
    },
  };
}

interface Size {
  readonly rows: number;
  readonly width: number;
}

interface Frame extends Size {
  /** How many nodes can run at the same time. */
  readonly atOnce: number;
  /** What was last written by others than the view. */
  readonly said: string | undefined;
  readonly typing: boolean;
}

/** All rows of the view, no more than the terminal has: nodes, or the log of one; what others wrote last; how far the run is. */
function frame(model: LiveModel, rows: LiveRows, view: View, { atOnce, said, typing, ...size }: Frame): readonly string[] {
  const node = view.open ? model.nodes.get(view.chosen ?? '') : undefined;
  const below = [...(said === undefined ? [] : [said]), lastLine(model.progress(), typing ? keyHelp(view) : [], size.width)];
  const above = node ? logPage(model, node, { ...logRoom(size, said), folded: view.folded === true }, view.top === undefined ? undefined : { top: view.top, row: view.row ?? 0 }) : placeRows(rows.draw(view.chosen), size.rows - below.length, atOnce);
  return [...above, ...below].slice(-size.rows);
}

/** How far the run is, and what the keys do as far as there is room for it. */
function lastLine(progress: string, helps: readonly string[], width: number): string {
  const room = width - stringWidth(progress) - 2;
  const help = helps.find((each) => stringWidth(each) <= room);
  return help === undefined ? progress : `${progress}${' '.repeat(room + 2 - stringWidth(help))}${help}`;
}

/** What a log has between its title and what stands below. */
function logRoom({ rows, width }: Size, said: string | undefined): Room {
  return { room: Math.max(1, rows - (said === undefined ? 2 : 3)), width };
}

/** One column is left free: a terminal may wrap behind the last one. */
function sizeOf({ rows = 24, columns = 80 }: Screen): Size {
  return { rows, width: Math.max(1, columns - 1) };
}

/** A terminal that nobody can take away, and at which nobody types. */
function undisputed(): Terminal {
  let had = false;
  return {
    take: () => {
      const taken = had ? 'still' : 'anew';
      had = true;
      return taken;
    },
    typing: false,
    onLeave: () => undefined,
    onType: () => undefined,
    close: () => undefined,
  };
}
