import { formatEvr, parseEvr, type Evr } from './evr.js';

/** What identifies an RPM: name, epoch, version, release, architecture (`src` for a source RPM). */
export interface Nevra extends Evr {
  readonly name: string;
  readonly arch: string;
}

/** `qemu-img-17:10.1.0-20.el9.x86_64` */
export function formatNevra(nevra: Nevra): string {
  return `${nevra.name}-${formatEvr(nevra)}.${nevra.arch}`;
}

/** Reads `name-[epoch:]version-release.arch`; nothing for any other shape. Names may hold dashes and dots, versions and releases no dash. */
export function parseNevra(text: string): Nevra | undefined {
  const [, name, evrText, arch] = /^(.+)-([^-]+-[^-]+)\.([A-Za-z0-9_]+)$/s.exec(text) ?? [];
  const evr = evrText === undefined ? undefined : parseEvr(evrText);
  if (name === undefined || arch === undefined || evr === undefined) return undefined;
  return { name, ...evr, arch };
}

/** The name of the source package in `libvirt-12.5.0-1.el9.src.rpm`; nothing if it is no such name. */
export function sourceName(sourcerpm: string): string | undefined {
  return /^(.+)-[^-]+-[^-]+\.(?:no)?src\.rpm$/s.exec(sourcerpm)?.[1];
}
