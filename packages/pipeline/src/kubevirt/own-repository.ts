import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch, InputContext, NodeOutput } from '@crpm/core';
import { formatNevra, readPrimary, sourceName } from '@crpm/rpm';
import { hashText } from '@crpm/state';
import type { PublishedRepo, RepositoryFact } from '../facts.js';
import { needFact } from '../needs.js';
import { repositoryDir } from '../paths.js';
import type { OwnRpm } from '../predict/foresight.js';
import { resolverRpm } from '../predict/official.js';
import type { CustomRepository } from './custom-rpms.js';

/** One of the repositories of a generation. */
interface Which {
  readonly basesystem: string;
  readonly arch: Arch;
}

/** Digest of what a resolver looks at in one repository of a generation: other bytes alone leave it as it was. */
export function shapeOfRepository(output: NodeOutput, which: Which): string {
  const { rpms } = repositoryIn(output.data as RepositoryFact, which);
  return hashText(JSON.stringify(rpms.map((rpm) => [formatNevra(rpm), rpm.package, rpm.shape ?? rpm.sha256]).sort()));
}

/** Absolute folder of the repository that `createrepo` published; it holds `repodata/`. */
export function ownRepositoryDir(context: InputContext, which: Which): string {
  const fact = needFact<RepositoryFact>(context, 'createrepo');
  return join(repositoryDir(context.workspace), 'generations', fact.generation, repositoryIn(fact, which).path);
}

/** Its RPMs as the resolver sees them. */
export function ownRpms(context: InputContext, which: Which): Promise<readonly OwnRpm[]> {
  return readOwn(ownRepositoryDir(context, which), repositoryIn(needFact<RepositoryFact>(context, 'createrepo'), which).rpms, context.signal);
}

/** The same of a repository that is served; `base` is where the server's root is. */
export function servedRpms({ workspace, signal }: Pick<InputContext, 'workspace' | 'signal'>, base: string, { baseUrl, rpms }: CustomRepository): Promise<readonly OwnRpm[]> {
  const folder = join(repositoryDir(workspace), 'current', decodeURIComponent(baseUrl.slice(base.length)));
  return readOwn(baseUrl.startsWith(base) && existsSync(folder) ? folder : baseUrl, rpms, signal);
}

async function readOwn(location: string, rpms: readonly { readonly name: string; readonly package: string }[], signal: AbortSignal): Promise<readonly OwnRpm[]> {
  const packages = new Map(rpms.map((rpm) => [rpm.name, rpm.package]));
  return (await readPrimary(location, { signal })).map((rpm) => ({ ...resolverRpm(rpm), package: packages.get(rpm.name) ?? rpm.name, source: sourceName(rpm.sourcerpm) ?? rpm.name }));
}

function repositoryIn({ repos }: RepositoryFact, { basesystem, arch }: Which): PublishedRepo {
  const repo = repos.find((one) => one.basesystem === basesystem && one.arch === arch);
  if (!repo) throw new Error(`the generation has no repository of ${basesystem} for ${arch}`);
  return repo;
}
