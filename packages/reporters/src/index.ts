export { createReporter, DOCUMENTS, REPORTERS, type ReporterName } from './create.js';
export { palette, wantsColour, type Palette } from './colour.js';
export { formatFailure } from './failure.js';
export { quietPipe } from './pipe.js';
export type { Reporter, ReporterOptions, Screen, Terminal } from './reporter.js';
export { severalReporters } from './several.js';
export { formatTable } from './table.js';
export { prose, widthOf } from './wrap.js';
export { count, formatAge, formatDuration, outcomeWord } from './words.js';
