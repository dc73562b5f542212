import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

const DIGEST_BYTES = 32;
/** In milliseconds. V8 throws the code of functions away that were not called for some collections, those of a start first: what a process that takes longer has at its end is not all that the next start needs. */
const SHORT = 5_000;
/** Behind the name of what a longer one left. */
const LONG = '-long';

/**
 * Loads a bundled CommonJS module, without an import() in it, with the machine code that V8 made of it the last time: compiling it anew costs more than all that a run which finds
 * everything fresh does. (`module.enableCompileCache` of Node 22 is the same for those who have it.) What is in `folder` is believed only if its digest
 * is right, and made again by whoever finds it missing or V8 of another mind; what a long process left serves until a short one has made its own. Failing to do so only costs time.
 */
export function loadProgram(file: string, folder: string): unknown {
  // The bundler writes ASCII, comments excepted, so that nothing need be decoded in 2 MB.
  const source = readFileSync(file, 'latin1');
  const { mtimeMs, size } = statSync(file);
  const cacheFile = join(folder, `${basename(file)}-${[process.version, process.arch, size, mtimeMs].join('-')}`);
  const ofShort = readChecked(cacheFile);
  const cachedData = ofShort ?? readChecked(`${cacheFile}${LONG}`);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
  // By then, what this command needs is compiled too, and not only what any would.
  const useless = cachedData === undefined || script.cachedDataRejected === true;
  process.once('exit', () => {
    const short = performance.now() < SHORT;
    if (useless || (short && ofShort === undefined)) replace(short ? cacheFile : `${cacheFile}${LONG}`, script.createCachedData());
  });
  const module = { exports: {} };
  (script.runInThisContext() as (...args: unknown[]) => void)(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

function readChecked(cacheFile: string): Buffer | undefined {
  try {
    const bytes = readFileSync(cacheFile);
    const data = bytes.subarray(DIGEST_BYTES);
    return digestOf(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the file and removes those of other versions; whatever stands in the way of that stays. */
function replace(cacheFile: string, data: Buffer): void {
  const folder = dirname(cacheFile);
  const temporary = `${cacheFile}.${process.pid}`;
  quietly(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([digestOf(data), data]), { mode: 0o600, flag: 'wx' });
    for (const name of readdirSync(folder)) if (name !== basename(temporary)) rmSync(join(folder, name), { recursive: true, force: true });
    renameSync(temporary, cacheFile);
  });
  quietly(() => { rmSync(temporary, { force: true }); });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The next start compiles once more.
  }
}

function digestOf(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
