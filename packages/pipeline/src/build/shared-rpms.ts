import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { toFailure, type InputContext, type NodeOutput } from '@crpm/core';
import { checkRpmDigests } from '@crpm/rpm';

import type { BuildrootFact, RpmsFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { RpmbuildParams } from '../params.js';
import { readExpected, rpmFact } from './collect-rpms.js';

/**
 * Says why RPMs that came from elsewhere can't be those of this node, or nothing: each is read as after a build, and what is told of them must be what their headers say. Whether
 * they were built from what they claim, nobody can tell who does not build them.
 */
export async function checkSharedRpms(params: RpmbuildParams, { dir, files, data }: NodeOutput, context: InputContext): Promise<string | undefined> {
  try {
    const { evr, source } = needFact<BuildrootFact>(context, 'buildroot');
    const read = readExpected(dir, { arch: params.arch, evr, what: params.package });
    const headers = read.map(({ header }) => header);
    const digests = new Map(files.map(({ path, digest, size }) => [join(dir, path), { sha256: digest.replace(/^sha256:/, ''), size }]));
    if (digests.size !== read.length) return 'there are files in it that are no RPMs';
    const rpms = [];
    for (const { file, header } of read) {
      await checkRpmDigests(file);
      const fact = rpmFact(header, digests.get(file) ?? { sha256: '', size: 0 }, headers);
      if (!fact.sourcerpm.startsWith(`${source}-${evr.replace(/^\d+:/, '')}.`)) return `${fact.file} comes from ${fact.sourcerpm}, not from ${source}`;
      if (join(dir, fact.file) !== file) return `${fact.file} has another name`;
      rpms.push(fact);
    }
    const expected: RpmsFact = { package: params.package, rpms: rpms.sort((a, b) => (a.file < b.file ? -1 : 1)) };
    return isDeepStrictEqual(data, JSON.parse(JSON.stringify(expected))) ? undefined : 'what it tells of its RPMs is not what their headers say';
  } catch (error) {
    return toFailure(error).message;
  }
}
