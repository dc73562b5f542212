/** Name of the only container of a pod. */
export const CONTAINER = 'crpm';

/** Where programs see the work folder. */
export const WORK_ROOT = '/crpm';

/** Where the wrapper keeps the log and what it packs. */
export const SCRATCH = '/crpm-scratch';

/** Where the layers on top of the build root put the archives that are unpacked before the program starts. */
export const INPUTS = '/.crpm-in';

/** Where a pod sees the Secret with what it tells the registry. */
export const SECRET_DIR = '/crpm-secret';

/** Where a pod sees the authorities that the registry's certificate is verified with, besides the image's own. */
export const CA_DIR = '/crpm-ca';
/** The file with them, and the key in what is mounted there. */
export const CA_FILE = 'ca.crt';

/** Where programs see the shared cache. */
export const CACHE_ROOT = '/crpm-cache';
