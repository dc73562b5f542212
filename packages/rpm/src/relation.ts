/** A version as dependencies name it: the release may be left out. */
export interface PartialEvr {
  readonly epoch: number;
  readonly version: string;
  readonly release?: string;
}

/** One entry of an RPM's requires or provides: `libvirt-libs = 0:12.5.0-1.el9`; a name alone is any version. */
export interface Relation {
  readonly name: string;
  readonly op?: '<' | '<=' | '=' | '>=' | '>';
  readonly evr?: PartialEvr;
}

/** Reads `[epoch:]version[-release]`. Whatever rpm let into a header is taken as it stands. */
export function parsePartialEvr(text: string): PartialEvr {
  const [, epoch, version = text, release] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/s.exec(text) ?? [];
  return { epoch: Number(epoch ?? 0), version, ...(release === undefined ? {} : { release }) };
}

/** Reads `libvirt-libs = 12.5.0-1.el9`, as rpm's `%{REQUIRENEVRS}` says it. What is no name, operator and version is a name: a rich dependency, say. */
export function parseRelation(text: string): Relation {
  const [, name = text, op, evr] = /^([^(\s]\S*) (<|<=|=|>=|>) (\S+)$/.exec(text) ?? [];
  return op === undefined || evr === undefined ? { name } : { name, op: op as NonNullable<Relation['op']>, evr: parsePartialEvr(evr) };
}

/** `libvirt-libs = 0:12.5.0-1.el9` */
export function formatRelation(relation: Relation): string {
  const { name, op, evr } = relation;
  if (op === undefined || evr === undefined) return name;
  return `${name} ${op} ${evr.epoch}:${evr.version}${evr.release === undefined ? '' : `-${evr.release}`}`;
}
