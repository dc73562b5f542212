import { parseWorkspaceRpms, rewriteRpmRules } from '@crpm/rpm';
import { customBySha256, sameAddress, servedFor } from './address.js';
import type { CustomRpm } from './evidence.js';

export interface Repaired {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Puts the address at which an RPM of ours is served first into its rule, where another stands. bazeldnf rewrites addresses only when the bytes
 * change, so a server that moved leaves dead ones. Other addresses that the rule had, but the first, stay behind it.
 */
export function repairAddresses(workspace: string, custom: readonly CustomRpm[]): { readonly text: string; readonly repaired: readonly Repaired[] } {
  const ours = customBySha256(custom);
  const changes = parseWorkspaceRpms(workspace).flatMap((rule) => {
    const candidates = ours.get(rule.sha256) ?? [];
    const to = servedFor(rule, candidates)?.url;
    return to === undefined || candidates.some((rpm) => sameAddress(rule.urls[0], rpm.url)) ? [] : [{ rule, to }];
  });
  return {
    text: rewriteRpmRules(
      workspace,
      changes.map(({ rule, to }) => ({ rule, urls: [to, ...rule.urls.slice(1).filter((url) => !sameAddress(url, to))] })),
    ),
    repaired: changes.map(({ rule, to }) => ({ rule: rule.name, from: rule.urls[0] ?? '', to })),
  };
}
