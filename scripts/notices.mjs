// What the terms of bundled packages ask for: their names, copyright notices and licences, to lie beside the bundle.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TERMS = /^(licen[cs]e|copying|notice)/i;

/** `metafiles`: of esbuild, with paths relative to the working directory. */
export async function notices(metafiles) {
  const folders = new Set(metafiles.flatMap(({ inputs }) => Object.keys(inputs).flatMap((path) => PACKAGE.exec(path)?.[0] ?? [])));
  const texts = await Promise.all([...folders].map(noticeOf));
  return ['crpm’s program files hold code of these packages, under the terms that follow each name.', ...new Set(texts.sort())].join(`\n\n${'-'.repeat(80)}\n\n`);
}

async function noticeOf(folder) {
  const { name, version, licenses = [], license = licenses.map(({ type }) => type).join(' or ') } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => TERMS.test(file)).sort();
  const terms = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return [`${name} ${version} (${license})`, ...terms.map((text) => text.trim())].join('\n\n');
}
