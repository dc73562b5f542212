import { err, ok, type Diagnostic, type Result } from '@crpm/core';
import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException, type Event, type ScalarEvent } from 'js-yaml';
import { cut } from '../cut.js';
import { show, type Document, type Entry, type Node, type Span } from './nodes.js';
import { resolvePlain } from './scalar.js';
import { locate, type SourceText } from './source.js';

/** The deepest config has six levels. */
const MAX_DEPTH = 32;
/** Nodes that aliases may add. An alias bomb of 1 KiB would otherwise make 10^9 of them. */
const MAX_ALIASED_NODES = 10_000;
/** Names that mean something to every JavaScript object. No key of a config needs one. */
const RESERVED = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/**
 * Parses one YAML document (JSON is one, too) into nodes with their places. All faults that don't stop the parser are reported
 * at once: duplicate and reserved keys, unknown aliases, tags. With `property` only the value of that top-level key is the
 * document, and faults elsewhere are nobody's business here.
 */
export function parseDocument(source: SourceText, property?: string): Result<Document, readonly Diagnostic[]> {
  let events: Event[];
  try {
    events = parseEvents(source.text, { maxDepth: MAX_DEPTH + 1 /* it counts the document, too */ });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = error.mark?.position ?? 0;
    return err([{ severity: 'error', message: explain(error.reason), location: locate(source, at, at + 1) }]);
  }
  const builder = new Builder(source, property);
  for (const event of events) builder.add(event);
  return builder.finish();
}

/** The parser's words, where a user would want others. */
function explain(reason: string): string {
  if (reason.startsWith('nesting exceeded')) return `nested deeper than ${MAX_DEPTH} levels`;
  if (reason.startsWith('tab characters')) return 'a tab in the indentation; YAML wants spaces';
  if (reason.startsWith('null byte')) return 'a NUL character; the file is not text';
  return `not valid YAML: ${reason}`;
}

/** A collection that is still open, with the key that waits for its value. */
interface Frame {
  readonly node: Node;
  readonly anchor: string | undefined;
  readonly seen: Set<string>;
  key?: Entry['key'] | 'bad' | undefined;
}

/** Builds nodes from events. Iterative, so that no input can exhaust the stack. */
class Builder {
  private readonly faults: (Pick<Diagnostic, 'severity' | 'message'> & { readonly span: Span })[] = [];
  private readonly stack: Frame[] = [];
  private readonly anchors = new Map<string, { readonly node: Node; readonly size: number }>();
  private readonly sizes = new Map<Node, number>();
  private aliased = 0;
  private documents = 0;
  private root: Node | undefined;
  /** Where the last scalar ended: the place of a value that is not there. */
  private position = 0;

  constructor(
    private readonly source: SourceText,
    private readonly property: string | undefined,
  ) {}

  add(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.documents += 1;
        this.stack.push({ node: { kind: 'sequence', start: 0, end: 0, items: [] }, anchor: undefined, seen: new Set() });
        return;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        this.checkTag(event);
        const span = { start: event.start, end: event.start + 1 };
        const node: Node = event.type === EVENT_ID.MAPPING ? { kind: 'mapping', ...span, entries: [] } : { kind: 'sequence', ...span, items: [] };
        this.stack.push({ node, anchor: this.slice(event.anchorStart, event.anchorEnd), seen: new Set() });
        return;
      }
      case EVENT_ID.SCALAR: {
        const node = this.scalar(event);
        this.position = node.end;
        this.remember(this.slice(event.anchorStart, event.anchorEnd), node, 1);
        this.place(node, 1);
        return;
      }
      case EVENT_ID.ALIAS:
        this.alias({ start: event.anchorStart - 1, end: event.anchorEnd });
        return;
      case EVENT_ID.POP: {
        const frame = this.stack.pop();
        if (!frame) return;
        if (this.stack.length === 0) {
          if (this.documents === 1 && frame.node.kind === 'sequence') this.root = frame.node.items[0];
          return;
        }
        const size = 1 + (this.sizes.get(frame.node) ?? 0);
        this.remember(frame.anchor, frame.node, size);
        this.place(frame.node, size);
        return;
      }
    }
  }

  finish(): Result<Document, readonly Diagnostic[]> {
    const { root } = this;
    if (this.faults.length === 0 && (!root || (root.kind === 'scalar' && root.value === null))) {
      this.fault('the file is empty; the smallest config is: sources: { libvirt: { dir: ../libvirt } }', { start: 0, end: 1 });
    }
    if (!root || this.faults.length > 0) return err(this.told());
    if (this.property === undefined) return ok({ source: this.source, root });
    const value = root.kind === 'mapping' && root.entries.find(({ key }) => key.text === this.property)?.value;
    if (value) return ok({ source: this.source, root: value });
    this.fault(`there is no property ${this.property} in this file`, { start: root.start, end: root.start + 1 });
    return err(this.told());
  }

  private told(): readonly Diagnostic[] {
    return cut(this.faults).map((fault) => {
      const { severity, message } = fault;
      return { severity, message, ...('span' in fault && { location: locate(this.source, fault.span.start, fault.span.end) }) };
    });
  }

  private fault(message: string, { start, end }: Span, key?: string): void {
    const top = this.stack[1]?.key;
    const within = this.stack.length === 2 && key !== undefined ? key : top === 'bad' ? undefined : top?.text;
    if (this.property !== undefined && this.stack.length > 1 && within !== this.property) return;
    this.faults.push({ severity: 'error', message, span: { start, end } });
  }

  private slice(start: number, end: number): string | undefined {
    return start === -1 ? undefined : this.source.text.slice(start, end);
  }

  private scalar(event: ScalarEvent): Node {
    const explicit = this.checkTag(event);
    if (event.valueStart === -1) return { kind: 'scalar', start: this.position, end: this.position, text: '', value: explicit === '!!str' ? '' : null };
    const text = getScalarValue(this.source.text, event);
    const quote = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const plain = event.style === SCALAR_STYLE.PLAIN && explicit === undefined;
    return { kind: 'scalar', start: event.valueStart - quote, end: event.valueEnd + quote, text, value: plain ? resolvePlain(text) : text };
  }

  /** Only `!!str` has a use here: it is another way to quote. */
  private checkTag(event: { readonly tagStart: number; readonly tagEnd: number }): string | undefined {
    const tag = this.slice(event.tagStart, event.tagEnd);
    if (tag !== undefined && tag !== '!!str') this.fault(`the tag ${tag} means nothing here; write the value without it`, { start: event.tagStart, end: event.tagEnd });
    return tag;
  }

  private remember(anchor: string | undefined, node: Node, size: number): void {
    if (anchor !== undefined) this.anchors.set(anchor, { node, size });
  }

  private alias(span: Span): void {
    const name = this.source.text.slice(span.start + 1, span.end);
    const target = this.anchors.get(name);
    if (!target) {
      const within = this.stack.some(({ anchor }) => anchor === name);
      this.fault(within ? `*${name} stands inside of what it names` : `no anchor &${name} comes before this alias`, span);
    }
    this.aliased += target?.size ?? 0;
    if (target && this.aliased > MAX_ALIASED_NODES) {
      // Once is enough; and nothing is built from here on, so the bomb doesn't go off.
      if (this.aliased - target.size <= MAX_ALIASED_NODES) this.fault(`aliases add more than ${MAX_ALIASED_NODES} values; write them out`, span);
    }
    const usable = target && this.aliased <= MAX_ALIASED_NODES;
    this.position = span.end;
    this.place(usable ? target.node : { kind: 'scalar', ...span, text: '', value: null }, usable ? target.size : 1);
  }

  /** Puts a finished node into the collection that is open. */
  private place(node: Node, size: number): void {
    const frame = this.stack.at(-1);
    if (!frame) return;
    const parent = frame.node;
    this.sizes.set(parent, (this.sizes.get(parent) ?? 0) + size);
    if (parent.kind === 'sequence') {
      if (this.stack.length === 1 && this.documents > 1) this.fault('a second document; a config is one', { start: Math.max(0, node.start), end: node.end });
      else parent.items.push(node);
    } else if (parent.kind === 'mapping') {
      if (frame.key === undefined) frame.key = this.key(node, frame.seen);
      else {
        if (frame.key !== 'bad') parent.entries.push({ key: frame.key, value: node });
        frame.key = undefined;
      }
    }
  }

  private key(node: Node, seen: Set<string>): Entry['key'] | 'bad' {
    if (node.kind !== 'scalar') {
      this.fault('a key must be text', node);
      return 'bad';
    }
    const { text, start, end } = node;
    if (RESERVED.has(text)) this.fault(`${show(text)} can't be used as a key or a name; choose another`, node);
    else if (text === '<<' && node.value === '<<') this.fault('merge keys (<<) are not part of YAML 1.2; write the keys out', node);
    else if (seen.has(text)) this.fault(`the key ${show(text)} is there twice`, node, text);
    else {
      seen.add(text);
      return { text, start, end };
    }
    return 'bad';
  }
}
