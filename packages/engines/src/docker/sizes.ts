import type { OwnedObject } from '@crpm/core';
import type { Client } from './client.js';

/** An engine that measures walks through every volume, in milliseconds. */
const MEASURING = 600_000;

/** The part of `GET /system/df` that matters. */
interface Usage {
  readonly Images?: readonly { readonly Id: string; readonly Size: number; readonly SharedSize?: number }[] | null;
  readonly Volumes?: readonly { readonly Name: string; readonly UsageData?: { readonly Size: number } | null }[] | null;
}

/** Bytes that the removal of an object would give back, by its id; those of volumes and images. */
export async function measure(client: Client): Promise<(object: Pick<OwnedObject, 'type' | 'id'>) => number | undefined> {
  const { modem } = client.docker as unknown as { modem: { dial(options: object, done: (error: unknown, data: Usage) => void): void } };
  const usage = await client.quick(
    'measuring volumes and images',
    (abortSignal) =>
      new Promise<Usage>((resolve, reject) => {
        // Engines since 23.0 measure only what is asked for; dockerode’s own call can’t ask.
        const options = { type: ['volume', 'image'] };
        modem.dial({ path: '/system/df?', method: 'GET', options, abortSignal, statusCodes: { 200: true, 500: 'server error' } }, (error, data) => (error ? reject(error as Error) : resolve(data)));
      }),
    MEASURING,
  );
  const bytes = new Map<string, number>();
  // -1 stands for what the engine does not know.
  for (const { Name, UsageData } of usage.Volumes ?? []) if (UsageData && UsageData.Size >= 0) bytes.set(Name, UsageData.Size);
  for (const { Id, Size, SharedSize } of usage.Images ?? []) bytes.set(Id.replace(/^sha256:/, ''), Size - Math.max(0, SharedSize ?? 0));
  return ({ type, id }) => (type === 'volume' || type === 'image' ? bytes.get(id.replace(/^sha256:/, '')) : undefined);
}
