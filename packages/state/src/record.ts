import { hashText } from './digest.js';

/*
 * How crpm keeps JSON on the disk where a damaged byte must not pass for data: one line,
 * `crpm<version> <16 hex of sha256 over version and JSON> <JSON>`. This frame stays the same in all versions, so that an old crpm can tell a newer
 * record from garbage.
 */
export const RECORD_VERSION = 1;

/** A line as it was read. `newer`: whole, but of a crpm that knows more. */
export type Unframed = { readonly state: 'good'; readonly json: string } | { readonly state: 'newer'; readonly version: number } | { readonly state: 'bad' };

/** `json` as a line, its end included. */
export function frameRecord(json: string): string {
  return `crpm${String(RECORD_VERSION)} ${checksum(String(RECORD_VERSION), json)} ${json}\n`;
}

/** A line without its end. */
export function unframeRecord(line: string): Unframed {
  const match = /^crpm(\d{1,9}) ([0-9a-f]{16}) (.*)$/.exec(line);
  const [, version = '', sum, json = ''] = match ?? [];
  if (!match || checksum(version, json) !== sum) return { state: 'bad' };
  return Number(version) > RECORD_VERSION ? { state: 'newer', version: Number(version) } : { state: 'good', json };
}

function checksum(version: string, json: string): string {
  return hashText(`${version} ${json}`).slice(0, 16);
}
