import { formatEvr, parseEvr } from './evr.js';
import type { Nevra } from './nevra.js';

const ESCAPED: Readonly<Record<string, string>> = { ':': '__', '+': '__plus__', '~': '__tilde__', '^': '__caret__' };
const PLAIN: Readonly<Record<string, string>> = { __plus__: '+', __tilde__: '~', __caret__: '^' };

/**
 * The name bazeldnf gives the `rpm()` rule of a package: `libstdc__plus____plus__-0__11.5.0-11.el9.x86_64`.
 * Versions before 2026 end the name of a noarch RPM's rule with the architecture that was asked for, later ones with `noarch`: find rules by sha256
 * or NEVR, not by a built name.
 */
export function ruleNameOf(nevra: Nevra): string {
  return `${nevra.name}-${formatEvr(nevra)}.${nevra.arch}`.replace(/[:+~^]/g, (char) => ESCAPED[char] ?? char);
}

/**
 * Reads a rule's name back. `arch` is what stands at its end, for a noarch RPM perhaps another. Nothing if it is not of that form.
 * A bare `__` is a colon only behind the epoch; anywhere else it belongs to the package.
 */
export function ruleNameToNevra(ruleName: string): Nevra | undefined {
  const [, name, epoch, rest, arch] = /^(.+)-(\d+)__([^-]+-[^-]+)\.([A-Za-z0-9_]+)$/s.exec(ruleName) ?? [];
  if (name === undefined || epoch === undefined || rest === undefined || arch === undefined) return undefined;
  const evr = parseEvr(`${epoch}:${unescape(rest)}`);
  return evr === undefined ? undefined : { name: unescape(name), ...evr, arch };
}

function unescape(text: string): string {
  return text.replace(/__(?:plus|tilde|caret)__/g, (escape) => PLAIN[escape] ?? escape);
}
