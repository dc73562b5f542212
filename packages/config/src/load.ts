import path from 'node:path';
import { err, ok, type Config, type Diagnostic, type Result } from '@crpm/core';
import { Complaints } from './check/complaints.js';
import { complete } from './check/complete.js';
import { checkShape } from './check/shape.js';
import { applyEnvironment, readEnvironment, setVariables, warnOfStream, type Environment } from './environment.js';
import { findConfig, PACKAGE_PROPERTY, SEARCH_PLACES } from './find/find.js';
import { normalize } from './normalize/config.js';
import { withProfile } from './normalize/profile.js';
import { parseDocument } from './yaml/parse.js';

export interface LoadOptions {
  /** Absolute folder where the search begins, and that paths of the environment are relative to. */
  readonly cwd: string;
  /** Takes this file instead of searching. */
  readonly configPath?: string;
  readonly env: Environment;
  /** Node's name of this machine's architecture; default `process.arch`. */
  readonly machine?: string;
  /** Stands for `build.profile`, whatever the file says. */
  readonly profile?: 'dev' | 'full';
}

export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  /** Variables of the environment that stand above the file, `NAME=value`; none where there is no file. */
  readonly variables: readonly string[];
  /** Completes what others find wrong with this config, `path` given: with its place in the file, and what may have been meant. */
  readonly complete: (diagnostics: readonly Diagnostic[]) => Promise<readonly Diagnostic[]>;
}

/**
 * Finds, reads and checks the config, with the environment over it. Executes nothing and looks at no source tree. The error is
 * everything that is wrong, in the order of the file, warnings among it.
 */
export async function loadConfig(options: LoadOptions): Promise<Result<Loaded, readonly Diagnostic[]>> {
  const { cwd, configPath, env } = options;
  const found = await findConfig(cwd, configPath);
  if (!found.ok) return err([found.error]);
  const document = found.value && parseDocument(found.value.source, found.value.property);
  if (document && !document.ok) return document;

  const complaints = new Complaints(document?.value);
  const overrides = readEnvironment(env, cwd, complaints);
  if (!found.value && overrides.qemuDir === undefined && overrides.libvirtDir === undefined) complaints.general('error', nothingFound(cwd));
  const file = document ? checkShape(document.value, complaints) : {};
  if (!file || (complaints.hasErrors && !document)) return err(await complaints.finish());

  const where = found.value ? { file: found.value.path, root: path.dirname(found.value.path) } : { root: cwd };
  const machine = { ci: env['CI'] === 'true' || env['CI'] === '1', machine: options.machine ?? process.arch, versions: overrides.versions, ...(overrides.arch && { archVariable: 'SINGLE_ARCH' }), ...(overrides.stream !== undefined && { stream: overrides.stream }) };
  const applied = applyEnvironment(file, overrides, complaints);
  const config = normalize(options.profile === undefined ? applied : withProfile(applied, options.profile), { ...where, ...machine }, complaints);
  if (config) warnOfStream(config, overrides, complaints);
  const diagnostics = await complaints.finish();
  if (!config) return err(diagnostics);
  const origin = { document: document?.value, written: file, applied };
  return ok({ config, warnings: diagnostics, variables: document ? setVariables(env) : [], complete: (others) => complete(origin, others) });
}

/** Whether there is a config to load: a file, or variables that make one. For commands that can do without. */
export async function hasConfig({ cwd, configPath, env }: Pick<LoadOptions, 'cwd' | 'configPath' | 'env'>): Promise<boolean> {
  const found = await findConfig(cwd, configPath);
  return !found.ok || found.value !== undefined || ['QEMU_DIR', 'LIBVIRT_DIR'].some((variable) => (env[variable] ?? '') !== '');
}

function nothingFound(cwd: string): string {
  const [first = '', ...others] = SEARCH_PLACES.map((name) => (name === 'package.json' ? `${PACKAGE_PROPERTY} in package.json` : name));
  return `there is no config: neither ${cwd} nor a folder above it has ${first} (or ${others.join(', ')}); crpm init writes one, QEMU_DIR and LIBVIRT_DIR do without`;
}
