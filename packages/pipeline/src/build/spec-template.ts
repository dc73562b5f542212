/** `@VERSION@` */
const PLACEHOLDER = /@([A-Za-z_][A-Za-z0-9_]*)@/g;

/** What must be known before the build: the names of RPMs, archive and top folder, and the EVR. */
const TOLD_TAG = /^\s*(Name|Version|Release|Epoch|Source0?)\s*:/i;

export interface FilledTemplate {
  readonly text: string;
  /** Placeholders that stand for what only `meson setup` knows; they became `0`. */
  readonly unknown: readonly string[];
}

/**
 * Fills a `*.spec.in` as far as it can be before anything is configured. What is unknown becomes `0`, which every `>= @X@` of a
 * BuildRequires accepts; the spec that is built later comes filled in from `meson dist`, and rpmbuild checks its requirements again.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): FilledTemplate {
  const unknown = new Set<string>();
  const text = template.replace(PLACEHOLDER, (_, name: string) => {
    if (Object.hasOwn(values, name)) return values[name] ?? '';
    unknown.add(name);
    return '0';
  });
  return { text, unknown: [...unknown] };
}

/** The first tag of name, EVR or archive that holds a placeholder besides those of `values`: then nobody can tell them before the build. */
export function unknownTag(template: string, values: Readonly<Record<string, string>>): string | undefined {
  return template.split('\n').find((line) => TOLD_TAG.test(line) && fillTemplate(line, values).unknown.length > 0)?.trim();
}

/** `libvirt.spec` of `some/libvirt.spec.in` */
export function specName(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.in$/, '');
}
