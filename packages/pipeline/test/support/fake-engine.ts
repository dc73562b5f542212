import type { Readable } from 'node:stream';

import type { Command, DeriveStep, Engine, Exit } from '@crpm/core';

/** An engine that runs nothing: it records every argv and answers what the test says. */
export interface FakeEngine extends Engine {
  /** Every argv that was to run, in a work folder or for a new image. */
  readonly argvs: (readonly string[])[];
  readonly derived: { readonly from: string; readonly step: DeriveStep; readonly files: string }[];
}

export function fakeEngine(answer: (argv: readonly string[], image: string) => readonly string[], kind: 'docker' | 'host' = 'docker'): FakeEngine {
  const argvs: (readonly string[])[] = [];
  const derived: FakeEngine['derived'] = [];
  const ok: Exit = { code: 0, oom: false };
  return {
    kind,
    argvs,
    derived,
    description: 'no engine',
    arch: 'x86_64',
    prepareImage: (source) => Promise.resolve({ id: source.kind === 'image' ? source.reference : source.kind }),
    async deriveImage(from, step) {
      argvs.push(step.argv);
      derived.push({ from, step, files: step.files ? await text(step.files) : '' });
      return { id: `${from}+${String(derived.length)}` };
    },
    hasImage: () => Promise.resolve(true),
    openWork: ({ image }) =>
      Promise.resolve({
        root: '/work',
        put: async (tar: Readable) => void (await text(tar)),
        run: (command: Command) => {
          argvs.push(command.argv);
          for (const line of answer(command.argv, image)) command.line(line);
          return Promise.resolve(ok);
        },
        interact: () => Promise.reject(new Error('nobody to talk to')),
        get: () => Promise.reject(new Error('nothing to take out')),
        close: () => Promise.resolve(),
      }),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
