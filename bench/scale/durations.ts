import { readFileSync } from 'node:fs';
import type { Event } from '@crpm/core';
import type { Durations } from './simulate.js';
import { PACKAGES, type Task } from './team.js';

/** Of `crpm run --profile full` on the quick start's libvirt, on two cores, 26 November 2026; milliseconds of one core. Installing BuildRequires is not in it, as it ran on the host: that is a guess. */
const RECORDED: Readonly<Record<Task['step'], number>> = { base: 300, source: 100, buildroot: 20_000, dist: 14_300, rpmbuild: 20_000, createrepo: 2_000, 'rpm-deps': 6_700 };

/** Cores of a Job, which a record's times are taken to have had. */
const CORES = 8;

/** The recorded times, or those of a run of one's own: the file that `crpm events RUN` prints. */
export function durationsFrom(file: string | undefined): Durations {
  const own = file === undefined ? new Map<string, number>() : read(file);
  return (step, name) => own.get(`${step} ${name}`) ?? RECORDED[step] * (step === 'rpmbuild' ? (PACKAGES[name]?.weight ?? 1) : 1);
}

function read(file: string): ReadonlyMap<string, number> {
  const events = readFileSync(file, 'utf8').split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Event);
  return new Map(events.flatMap((event) => {
    if (event.type !== 'node-finished' || event.outcome !== 'ran') return [];
    const [, name = '', step = ''] = /^(?:(.+)\.)?([a-z-]+?)(?:@.*)?$/.exec(event.node) ?? [];
    return [[`${step} ${name}`, event.ms * (step === 'rpmbuild' ? CORES : 1)] as const];
  }));
}
