/** Text that is HTML, or SVG, already; made by {@link markup} alone. */
export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

/** What can stand in a template: all that is no {@link Markup} is escaped; nothing, `undefined` and `false`, is nothing. */
export type Part = Markup | string | number | false | undefined | readonly Part[];

/** A template of HTML or SVG, written in ASCII (the bundler can't escape what stands in a tagged template). Every value is escaped for text and for quoted attributes, so that a log line or a branch name can never become an element. */
export function markup(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => `${text}${index < values.length ? toText(values[index]) : ''}`).join(''));
}

function toText(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** What no document may hold, or would turn the direction of the text around it. */
const UNFIT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** For the text of an element and for an attribute in quotes, of HTML and of XML. */
export function escapeText(text: string): string {
  return text.replace(UNFIT, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
