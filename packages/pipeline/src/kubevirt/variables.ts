import { fail } from '@crpm/core';
import { formatEvr, isVersionPin, sameEvr } from '@crpm/rpm';
import type { RpmDepsParams } from '../params.js';
import type { CustomRepository } from './custom-rpms.js';
import { knowsVariable, readPins } from './pins.js';
import { CUSTOM_REPO } from './repo-file.js';

/** The variables of one call of `rpm-deps`, for one stream and one architecture. Every value is made of characters that no shell minds. */
export interface CallVariables {
  readonly values: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/**
 * What `hack/rpm-deps.sh` (its text: `script`) is told. A version is the full EVR of the RPMs in the repository; one that the user set is passed on for what was
 * not built here. KubeVirt puts these unquoted into a shell string, so each is checked against a list of harmless characters: class `usage` otherwise.
 */
export function callVariables(params: RpmDepsParams, repository: CustomRepository, script: string): CallVariables {
  const warnings: string[] = [];
  const { stream } = repository;
  const told = params.streams.find((one) => one.stream === stream) ?? fail({ class: 'bug', message: `this run is not of CentOS Stream ${stream}` });
  const versions: Record<string, string> = { ...told.versions };
  for (const pkg of params.packages) {
    const { name, pin } = pkg;
    if (!pin) continue;
    const { names: wanted, unread } = readPins(script, pkg, repository);
    const ours = repository.rpms.filter((rpm) => rpm.package === name);
    const pinned = ours.filter((rpm) => wanted.includes(rpm.name));
    const [first] = pinned;
    if (ours.length > 0 && !knowsVariable(script, pin.variable)) {
      fail({
        class: 'usage',
        message: `hack/rpm-deps.sh does not know ${pin.variable}, so it can't be told which ${name} to take`,
        next: `Set sources.${name}.pin to the variable that it reads for ${name} now, and the RPMs that it asks for.`,
      });
    }
    if (ours.length > 0 && unread !== undefined) {
      if (!pin.rpms) {
        fail({
          class: 'usage',
          message: `hack/rpm-deps.sh can't be followed (${unread}), so it can't be told which RPMs it pins with ${pin.variable}`,
          next: `List them in sources.${name}.pin.rpms.`,
        });
      }
      warnings.push(`hack/rpm-deps.sh can't be followed (${unread}): which RPMs it pins with ${pin.variable} is taken from what crpm knows: ${wanted.join(', ')}`);
    }
    if (!first) {
      if (ours.length > 0) warnings.push(wanted.length > 0 ? `${name} made none of the RPMs that hack/rpm-deps.sh pins with ${pin.variable}: ${wanted.join(', ')}` : `hack/rpm-deps.sh pins no RPM with ${pin.variable}, so it can't be told which ${name} to take`);
      continue;
    }
    const other = pinned.find((rpm) => !sameEvr(rpm, first));
    if (other) {
      fail({
        class: 'usage',
        message: `${name} made ${first.name} ${formatEvr(first)} and ${other.name} ${formatEvr(other)}, but KubeVirt has one ${pin.variable} for both`,
        next: 'Give all of its subpackages one version and release.',
      });
    }
    const missing = wanted.filter((rpm) => !pinned.some((built) => built.name === rpm));
    if (missing.length > 0) warnings.push(`KubeVirt pins ${missing.join(', ')} with ${pin.variable}, but ${name} did not make ${missing.length === 1 ? 'it' : 'them'}`);
    versions[pin.variable] = formatEvr(first);
  }
  const values: Record<string, string> = {
    KUBEVIRT_CENTOS_STREAM_VERSION: String(stream),
    CUSTOM_REPO,
    SINGLE_ARCH: repository.arch,
    BASESYSTEM: told.kubevirtBasesystem,
    ...versions,
    ...(params.crossArchEmulation ? { KUBEVIRT_CROSS_ARCH_EMULATION: 'true' } : {}),
  };
  for (const [name, value] of Object.entries(values)) checkValue(name, value);
  return { values, warnings };
}

/** `NAME=value NAME=value`, as it stands before a command. */
export function shellAssignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join(' ');
}

function checkValue(name: string, value: string): void {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) refuse(name, value);
  // A shell would expand a tilde at the beginning, or right behind a colon, of an assignment.
  const harmless = name.endsWith('_VERSION') && name !== 'KUBEVIRT_CENTOS_STREAM_VERSION' ? isVersionPin(value) && !value.includes(':~') : /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(value);
  if (!harmless) refuse(name, value);
}

function refuse(name: string, value: string): never {
  return fail({
    class: 'usage',
    message: `${JSON.stringify(value)} can't be given to KubeVirt as ${name}`,
    next: name.endsWith('_VERSION') ? 'A version is epoch:version-release, made of letters, digits and . _ + ~ ^, for example 0:12.5.0-1.el9.' : 'Use letters, digits and . _ + - only.',
  });
}
