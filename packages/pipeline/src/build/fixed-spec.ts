import { BUILD_HOST, BUILD_TIME } from './reproducible.js';

/** `%(date +%F)`: a macro that asks the clock of this machine. With a date of its own (`-d`, `-r`, `-f`) it asks nothing. */
const ASKS_DATE = /(?<!%)%\((\s*(?:\/usr)?(?:\/bin\/)?date)\b((?:[^()]|\([^()]*\))*)\)/g;
const OWN_DATE = /\s-(?:[a-zA-Z]*[drf]\b|-(?:date|reference|file)\b)/;
/** `%(hostname -s)`, `%(uname -n)` */
const ASKS_HOST = /(?<!%)%\(\s*(?:\/usr)?(?:\/bin\/)?(?:hostname(?:\s+-[a-z-]+)?|uname\s+-n)\s*\)/g;

/**
 * A spec that asks neither the clock nor the name of this machine while it is parsed. libvirt compiles the answers into its programs (`-Dpackager`), so that every
 * rebuild would have another sha256.
 */
export function fixedSpec(text: string): string {
  return text
    .replace(ASKS_DATE, (whole, program: string, args: string) => (OWN_DATE.test(args) ? whole : `%(${program} --utc --date=@${String(BUILD_TIME)}${args})`))
    .replace(ASKS_HOST, BUILD_HOST);
}
