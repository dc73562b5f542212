import { HOST_VARIABLE, SKIP_VARIABLE } from './dockerd.js';
import { prepareTestImage } from './image.js';

export type TestEngine =
  | { readonly dockerHost: string; /** Reference of the Debian-based RPM build image. */ readonly image: string }
  | { readonly skipped: string };

/** The engine and the base image of this run, or why there are none (said aloud once by the global set-up; say there which tests are lost). */
export async function testEngine(): Promise<TestEngine> {
  const dockerHost = process.env[HOST_VARIABLE];
  if (!dockerHost) return { skipped: process.env[SKIP_VARIABLE] ?? `${HOST_VARIABLE} is not set; the integration project of vitest sets it` };
  return { dockerHost, image: await prepareTestImage({ dockerHost }) };
}
