import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatDiagnostic, type Config, type Diagnostic } from '@crpm/core';
import { onTestFinished } from 'vitest';
import { loadConfig, type Environment } from '../src/index.js';

/** A temporary folder with these files, gone after the test. */
export function makeFolder(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'crpm-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export interface Outcome {
  readonly folder: string;
  readonly config?: Config;
  /** Errors and warnings as a user sees them. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Loads one config file, on an x86_64 machine with this environment and nothing else. */
export async function load(text: string | Buffer, env: Environment = {}, name = 'custom-rpms.config.yaml'): Promise<Outcome> {
  return loadIn(makeFolder({ [name]: text }), env);
}

export async function loadIn(folder: string, env: Environment = {}): Promise<Outcome> {
  const result = await loadConfig({ cwd: folder, env, machine: 'x64' });
  const diagnostics = result.ok ? result.value.warnings : result.error;
  return { folder, ...(result.ok && { config: result.value.config }), text: diagnostics.map(formatDiagnostic).join('\n'), diagnostics };
}

/** The config of a file that must be right. */
export async function loadGood(text: string, env: Environment = {}): Promise<Config> {
  const { config, text: complaints } = await load(text, env);
  if (!config) throw new Error(`expected a config, got:\n${complaints}`);
  return config;
}
