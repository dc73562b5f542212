import sax from 'sax';

/** Calls for one pass over an XML document. Names come without their namespace prefix; entities are decoded. */
export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  /** `text`: what stood between the last tag and this one. */
  close(name: string, text: string): void;
}

/** Text of one element; the longest in primary metadata are descriptions, which are dropped. */
const MAX_TEXT = 64 * 1024;

/** Strict, streaming, without DTDs. Throws an `Error` with line and column at what is no well-formed XML. */
export class XmlReader {
  readonly #parser = sax.parser(true, {});
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #text = '';

  constructor(handler: XmlHandler) {
    const parser = this.#parser;
    parser.onerror = (error) => {
      throw new Error(error.message.split('\n').join(', ').toLowerCase());
    };
    parser.ondoctype = () => {
      throw new Error('it has a document type');
    };
    parser.onopentag = ({ name, attributes }) => {
      this.#text = '';
      handler.open(local(name), attributes);
    };
    parser.ontext = (text) => {
      if (this.#text.length < MAX_TEXT) this.#text += text;
    };
    parser.onclosetag = (name) => {
      handler.close(local(name), this.#text);
      this.#text = '';
    };
  }

  write(chunk: Uint8Array): void {
    this.#parser.write(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): void {
    this.#parser.write(this.#decoder.decode()).close();
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
