import { join } from 'node:path';
import { realFs, type Fs } from '../fs.js';
import { TimeLog } from '../time-log.js';

/** Names remembered; more than a cache of a few dozen GiB holds. */
const REMEMBERED = 20_000;

/** When things of the cache were last used, by `<room>/<id>`. */
export function usageLog(cache: string, fs: Fs = realFs): TimeLog {
  return new TimeLog(join(cache, 'used'), { keep: REMEMBERED, fs });
}

/** When things of the cache were removed to keep its bound, by `<room>/<id>`: so that a miss can say why. */
export function evictionLog(cache: string, fs: Fs = realFs): TimeLog {
  return new TimeLog(join(cache, 'evicted'), { keep: REMEMBERED, fs });
}
