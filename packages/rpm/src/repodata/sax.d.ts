/** The part of `sax` 1.x that is used here; the package brings no types. */
declare module 'sax' {
  export interface Parser {
    onerror: (error: Error) => void;
    ondoctype: (doctype: string) => void;
    onopentag: (tag: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }) => void;
    ontext: (text: string) => void;
    onclosetag: (name: string) => void;
    write(chunk: string): Parser;
    close(): Parser;
  }
  const sax: { parser(strict: boolean, options: object): Parser };
  export default sax;
}
