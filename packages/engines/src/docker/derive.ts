import { packFiles } from '@crpm/archive';
import { fail, type DeriveStep, type Image } from '@crpm/core';
import { checkSignal } from '../cancelled.js';
import { baseVariables, DEFAULT_PATH, PROXY_NAMES, proxyVariables } from '../environment.js';
import { toEngineLabels } from '../labels.js';
import { certificates } from './certificates.js';
import type { Client } from './client.js';
import { createContainer, removeContainer } from './container.js';
import { execute } from './execute.js';
import { requireImage } from './image.js';
import { putArchive } from './transfer.js';

/** Committing copies what the step changed; large buildroots take a while. In milliseconds. */
const COMMIT = 900_000;

/** `from`, then files, then argv run as root with network, committed with our labels. The container is removed however it ends. */
export async function deriveImage(client: Client, env: NodeJS.ProcessEnv, from: string, step: DeriveStep): Promise<Image> {
  const what = step.argv.join(' ');
  checkSignal(step.signal, what);
  const base = await requireImage(client, from);
  const trust = certificates(env);
  const proxies = proxyVariables(env);
  const id = await createContainer(client, {
    image: base.id,
    argv: step.argv,
    env: { ...baseVariables(base.env['PATH'] ?? DEFAULT_PATH, '/root', '/tmp'), ...proxies, ...trust.env, ...step.env },
    cwd: '/',
    network: step.network,
    labels: step.labels,
  });
  try {
    if (trust.files.length > 0) await putArchive(client, id, '/', packFiles(trust.files), step.signal);
    if (step.files) await putArchive(client, id, '/', step.files, step.signal);
    const last: string[] = [];
    const line = (text: string) => {
      last.push(text);
      if (last.length > 10) last.shift();
      step.line(text);
    };
    const exit = await execute(client, id, { argv: step.argv, image: from, signal: step.signal, line });
    if (exit.oom) fail({ class: 'oom', cause: 'memory', message: `${what} was killed for lack of memory while the image was prepared`, next: 'Free memory on the engine’s machine, or give the engine more.', lines: last });
    if (exit.code !== 0) fail({ class: 'build', message: `${what} ended with exit code ${exit.code} while the image was prepared`, next: 'See the lines above; the whole output is in the log of the node.', lines: last });
    return { id: await commit(client, id, base.env, step) };
  } finally {
    step.files?.destroy();
    await removeContainer(client, id);
  }
}

/**
 * The image gets neither command nor entry point, and no variable of this step but those that its base had. The CA bundle and the variables that point to it stay together: an empty
 * SSL_CERT_FILE would leave programs without any CA.
 */
async function commit(client: Client, id: string, baseEnv: Readonly<Record<string, string>>, step: DeriveStep): Promise<string> {
  // The engine copies the container's environment into the image. A proxy may hold a password, so it is overwritten; so is what the step alone was given.
  const leaked = [...new Set([...PROXY_NAMES, ...Object.keys(step.env)])].filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in baseEnv));
  const changes = [
    'CMD []',
    'ENTRYPOINT []',
    'WORKDIR /',
    ...leaked.map((name) => `ENV ${name}=`),
    ...Object.entries(toEngineLabels(step.labels)).map(([key, value]) => `LABEL ${key}=${value}`),
  ];
  // Podman wants a body; this one says nothing new. (docker-modem would drop an empty one.)
  const body = { AttachStdin: false };
  const query = { container: id, changes: changes.join('\n'), comment: 'crpm' };
  const answer = (await client.quick('saving an image', (abortSignal) => client.docker.getContainer(id).commit({ _query: query, _body: body, abortSignal }), COMMIT)) as { Id: string };
  return answer.Id.startsWith('sha256:') ? answer.Id : `sha256:${answer.Id}`;
}
