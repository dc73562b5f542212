import { createHash } from 'node:crypto';
import type { Labels, OwnedFilter, OwnedObject } from '@crpm/core';
import { fromEngineLabels, toEngineLabels } from '../labels.js';
import type { Meta } from './objects.js';

/** Marks what is crpm's in a namespace; its presence is what allows removal. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'crpm' } as const;

/** What an object is for, by a label. */
export const ROLE = 'dev.crpm/role';
/** `run`: owns all of a run; `work`: owns the Jobs of a work folder; `job`; `image`: says whose an image in the registry is; `tree`, `cache`: a claim. */
export type Role = 'run' | 'work' | 'job' | 'image' | 'tree' | 'cache';

/** Name of the work that a Job is of. */
export const WORK = 'dev.crpm/work';

const WORKSPACE = 'dev.crpm/workspace';
const RUN = 'dev.crpm/run';
const NODE = 'dev.crpm/node';

/** Hex digits of a digest of some text. */
export function shortHash(text: string, digits = 12): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** A label's value: what Kubernetes takes as it is, else cut, with a digest behind it. The annotations have the whole. */
export function labelValue(text: string): string {
  if (/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(text)) return text;
  const clean = text.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 48);
  return `${clean}${clean === '' ? '' : '-'}${shortHash(text)}`;
}

/** Labels to find an object by, and annotations that say whose it is to the letter. `more`: other engine labels, of what is kept. */
export function metadataOf(labels: Labels, role: Role, more: Readonly<Record<string, string>> = {}): Pick<Meta, 'labels' | 'annotations'> & { readonly labels: Readonly<Record<string, string>> } {
  return {
    labels: { ...MANAGED_BY, [ROLE]: role, [WORKSPACE]: labelValue(labels.workspace), [RUN]: labelValue(labels.run), [NODE]: labelValue(labels.node) },
    annotations: { ...toEngineLabels(labels), ...more },
  };
}

/** The same for what is of no workspace. */
export function sharedMetadata(role: Role, annotations: Readonly<Record<string, string>>): Pick<Meta, 'labels' | 'annotations'> {
  return { labels: { ...MANAGED_BY, [ROLE]: role }, annotations };
}

/** A label selector. */
export function selectorOf(role: Role | readonly Role[], by: { readonly workspace?: string | undefined; readonly run?: string | undefined } = {}): string {
  const roles = typeof role === 'string' ? `${ROLE}=${role}` : `${ROLE} in (${role.join(',')})`;
  return [
    `app.kubernetes.io/managed-by=crpm,${roles}`,
    ...(by.workspace === undefined ? [] : [`${WORKSPACE}=${labelValue(by.workspace)}`]),
    ...(by.run === undefined ? [] : [`${RUN}=${labelValue(by.run)}`]),
  ].join(',');
}

/** Whose an object is and why it is there; nothing if it is not ours, or not of the workspace asked for. */
export function ownerOf(meta: Meta, filter: OwnedFilter = {}): Pick<OwnedObject, 'labels' | 'keeps'> | undefined {
  if (meta.labels?.['app.kubernetes.io/managed-by'] !== 'crpm') return undefined;
  return fromEngineLabels(meta.annotations, filter);
}

export function roleOf(meta: Meta): string | undefined {
  return meta.labels?.[ROLE];
}

/** Of the object that owns all of a run. Two processes of one run make one. */
export function runName({ workspace, run }: Pick<Labels, 'workspace' | 'run'>): string {
  return `crpm-run-${shortHash(JSON.stringify([workspace, run]), 20)}`;
}

/** Of a Job: what it does, and which attempt at it. Fits in the 63 characters that pods leave it. */
export function jobName(fingerprint: string, attempt: number): string {
  return `crpm-${fingerprint}-${attempt}`;
}

export function imageRecordName(digest: string): string {
  return `crpm-image-${digest.replace(/^sha256:/, '').slice(0, 32)}`;
}
