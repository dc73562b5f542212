import { FailureError, type Command, type Engine, type NodeContext, type NodeKind, type Work } from '@crpm/core';

import { MAKE_DIST } from '../build/autotools-dist.js';
import { BUILD_RPMS } from '../build/rpmbuild-script.js';
import { PACK } from '../build/scripts.js';
import type { Program, Scene } from './scene.js';

/** Scripts that are what a node is there for. All that comes before only puts things in place. */
const DEEDS: ReadonlySet<string> = new Set([BUILD_RPMS, MAKE_DIST, PACK]);

/** Not an error: the way out of a node's run at the point where it would do what it is there for. */
class Reached extends Error {}

/**
 * Has a kind do all that it does before its own program runs, and stops there: the same code puts the same things in the same places, in whatever way a kind may come to do that. What fails before
 * is a scene too, as it was left. Nothing is taken out of the engine, and no image made.
 */
export async function rehearse(kind: NodeKind, context: NodeContext): Promise<Scene> {
  const real = await context.engine();
  const stage = new Stage(real);
  try {
    await kind.run(context.node.params, { ...context, engine: () => Promise.resolve(stage.engine) });
  } catch (error) {
    // A step that failed on the way is what somebody comes to see.
    const isScene = error instanceof Reached || (error instanceof FailureError && error.failure.class === 'build');
    if (!isScene || stage.last === undefined) {
      await stage.close();
      throw error;
    }
  }
  const { last } = stage;
  if (last === undefined) throw new Error(`${context.node.id} opens no work folder`);
  await stage.close(last.work);
  const { work, program } = last;
  return { work, what: 'a fresh work folder with what it is given', ...(program ? { program } : {}) };
}

/** An engine that keeps what is opened open, and goes no further than a deed. */
class Stage {
  readonly engine: Engine;
  readonly #works: Work[] = [];
  last: { readonly work: Work; program?: Program } | undefined;

  constructor(real: Engine) {
    this.engine = {
      ...real,
      openWork: async (options) => {
        const work = await real.openWork(options);
        this.#works.push(work);
        this.last = { work };
        return this.#watched(work);
      },
      deriveImage: (_from, step) => {
        step.files?.destroy();
        return Promise.reject(new Reached());
      },
    };
  }

  async close(but?: Work): Promise<void> {
    for (const work of this.#works.splice(0)) if (work !== but) await work.close();
  }

  #watched(work: Work): Work {
    return {
      root: work.root,
      ...(work.cache === undefined ? {} : { cache: work.cache }),
      put: (tar) => work.put(tar),
      get: () => Promise.reject(new Reached()),
      interact: (interaction) => work.interact(interaction),
      run: (command) => {
        this.last = { work, program: programOf(command) };
        if (!isDeed(command)) return work.run(command);
        command.files?.destroy();
        return Promise.reject(new Reached());
      },
      close: () => Promise.resolve(),
    };
  }
}

function isDeed({ argv: [program, , text] }: Command): boolean {
  return program === 'meson' || (text !== undefined && DEEDS.has(text));
}

/** Marks of answers are for crpm alone; whoever runs the script by hand sees them as plain words. */
function programOf({ argv, cwd, env = {}, network }: Command): Program {
  const shown = 'CRPM_ANSWER' in env ? { ...env, CRPM_ANSWER: '' } : env;
  return { argv, env: shown, ...(cwd === undefined ? {} : { cwd }), ...(network === undefined ? {} : { network }) };
}
