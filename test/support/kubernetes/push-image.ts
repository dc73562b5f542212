import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPath } from '@crpm/archive';
import { bytesBlob, digestOf, hashedFileBlob, IMAGE_CONFIG, IMAGE_MANIFEST, LAYER_TAR, type Blob, type Repository } from '@crpm/oci';

/** An image with one layer, a tar as it is; its digest. */
export async function pushImage(repository: Repository, tag: string, layer: Blob, { arch = 'amd64', entrypoint }: { readonly arch?: string; readonly entrypoint?: readonly string[] } = {}): Promise<string> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: arch,
      os: 'linux',
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...(entrypoint ? { Entrypoint: entrypoint } : {}) },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  await repository.pushBlob(layer);
  await repository.pushBlob(bytesBlob(config));
  const { digest } = await repository.putManifest(
    {
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      config: { mediaType: IMAGE_CONFIG, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: LAYER_TAR, digest: layer.digest, size: layer.size }],
    },
    tag,
  );
  return digest;
}

/** From a root file system in a tar, as the tests' image has it. */
export async function pushRootfs(repository: Repository, tag: string, tar: string): Promise<string> {
  return pushImage(repository, tag, await hashedFileBlob(tar));
}

/** The image that holds a pod's namespaces: a program that waits. */
export async function pushPause(repository: Repository): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crpm-pause-'));
  try {
    writeFileSync(join(dir, 'pause.c'), '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n');
    execFileSync('gcc', ['-static', '-Os', '-s', '-o', 'pause', 'pause.c'], { cwd: dir });
    const tar = Buffer.concat((await packPath(Buffer.from(join(dir, 'pause')), 'pause').toArray()) as Buffer[]);
    await pushImage(repository, '1', bytesBlob(tar), { entrypoint: ['/pause'] });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
