import { fixedSpec } from './fixed-spec.js';

/** `%{gpgverify} --keyring='%{SOURCE2}' --signature='%{SOURCE1}' --data='%{SOURCE0}'`, `gpgv2 --keyring … %{SOURCE0}`, over as many lines as end in a backslash. */
const CHECKS_SIGNATURE = /^[ \t]*(?:%\{?gpgverify\}?|gpgv2?|gpg2?)(?![A-Za-z0-9_])(?:[^\n]*\\\n)*[^\n]*$/gm;
const FIRST_SOURCE = /%\{?(?:SOURCE0?|S:0)\}?(?![0-9])/i;

/** The spec for an archive that crpm made: without the check of a signature that somebody gave to another archive. */
export function ownArchiveSpec(text: string): string {
  return fixedSpec(text.replace(CHECKS_SIGNATURE, (check) => (FIRST_SOURCE.test(check) ? ': the signature is that of another archive' : check)));
}
