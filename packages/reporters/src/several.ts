import type { Reporter } from './reporter.js';

/** Several faces of one run; each sees every event. */
export function severalReporters(faces: readonly Reporter[]): Reporter {
  return {
    sink: (event) => {
      for (const face of faces) face.sink(event);
    },
    close: async () => {
      await Promise.all(faces.map((face) => face.close()));
    },
  };
}
