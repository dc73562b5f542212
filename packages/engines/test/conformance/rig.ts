import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, Engine, Exit, Labels, OwnedObject, Work, WorkOptions } from '@crpm/core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

/** What the suite needs to know of an engine under test. */
export interface Subject {
  /** Opens the engine; called more than once, as another process would. */
  open(): Promise<Engine>;
  /** An image with a shell, coreutils, perl and ccache. */
  image(engine: Engine): Promise<string>;
  /** What the engine can't do, by the design of it. */
  readonly lacks: { readonly memoryLimit?: true; /** Tells only when the program itself was killed, not one of its children. */ readonly childOom?: true; readonly derive?: true; readonly networkNone?: true; /** Nowhere to keep build trees and caches. */ readonly keeping?: true; /** Can't show a copy of a build tree at the tree's own path. */ readonly copyOf?: true; /** Nobody can talk to its programs. */ readonly interact?: true };
}

export type Ran = Exit & { readonly lines: readonly string[] };

/** An open engine, and short words for what every test does with it. */
export interface Rig {
  readonly subject: Subject;
  /** Of this process alone, so that suites can share an engine. */
  readonly labels: Labels;
  readonly engine: Engine;
  readonly image: string;
  /** A folder of this machine that is gone when the suite ends. */
  readonly scratch: string;
  /** A work that is closed after the test, if it was not before. */
  openWork(options?: Partial<WorkOptions>): Promise<Work>;
  /** Closes what is open. */
  closeWorks(): Promise<void>;
  run(work: Work, argv: readonly string[], more?: Partial<Command>): Promise<Ran>;
  sh(work: Work, script: string, more?: Partial<Command>): Promise<Ran>;
  /** What the workspace of the suite has in the engine, images left out. */
  leftovers(): Promise<readonly OwnedObject[]>;
}

export const never = new AbortController().signal;
export const MINUTE = 60_000;

/** To be called inside a `describe`: opens the engine before its tests, and sees after each that it left nothing. */
export function makeRig(subject: Subject): Rig {
  const labels: Labels = { workspace: `conformance-${process.pid}`, run: 'run1', node: 'libvirt.rpmbuild' };
  const works: Work[] = [];
  let engine: Engine;
  let image: string;
  let scratch: string;
  const run: Rig['run'] = async (work, argv, more = {}) => {
    const lines: string[] = [];
    const exit = await work.run({ argv, signal: never, line: (text) => lines.push(text), ...more });
    return { ...exit, lines };
  };
  const rig: Rig = {
    subject,
    labels,
    get engine() {
      return engine;
    },
    get image() {
      return image;
    },
    get scratch() {
      return scratch;
    },
    openWork: async (options = {}) => {
      const work = await engine.openWork({ image, arch: engine.arch, labels, signal: never, ...options });
      works.push(work);
      return work;
    },
    closeWorks: async () => {
      for (const work of works.splice(0)) await work.close();
    },
    run,
    sh: (work, script, more = {}) => run(work, ['sh', '-c', script], more),
    leftovers: async () => (await engine.list({ workspace: labels.workspace })).filter(({ type }) => type !== 'image'),
  };

  beforeAll(async () => {
    engine = await subject.open();
    image = await subject.image(engine);
    scratch = mkdtempSync(join(tmpdir(), 'crpm-conformance-'));
  });
  afterEach(async () => {
    await rig.closeWorks();
    // Every test must leave the engine as it found it.
    expect(await rig.leftovers()).toEqual([]);
  });
  afterAll(async () => {
    await engine.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  return rig;
}
