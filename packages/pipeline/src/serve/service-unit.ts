import { join } from 'node:path';
import type { Env } from './cri.js';
import type { ServerArguments } from './server-protocol.js';

export interface UnitAbout {
  /** Absolute path of node. */
  readonly node: string;
  /** Absolute path of the bundled server program. */
  readonly serverEntry: string;
  readonly server: ServerArguments;
}

export function unitName(workspaceId: string): string {
  return `crpm-serve-${workspaceId}.service`;
}

/** Where systemd looks for a user's own units. */
export function unitFile(workspaceId: string, env: Env): string {
  const config = env['XDG_CONFIG_HOME']?.startsWith('/') ? env['XDG_CONFIG_HOME'] : join(env['HOME'] ?? '/', '.config');
  return join(config, 'systemd', 'user', unitName(workspaceId));
}

/**
 * The unit. It starts with the user's manager: at login, or at boot where lingering is on. Shut in as far as a user's manager can without namespaces, which some machines
 * do not allow. SIGTERM ends the server with 0, so that `crpm serve --stop` lasts until the next start.
 */
export function unitText({ node, serverEntry, server }: UnitAbout): string {
  return `# Written by crpm serve --install; crpm serve --uninstall removes it.
[Unit]
Description=Repository of custom RPMs of ${server.workspace}

[Service]
ExecStart=${[node, serverEntry, JSON.stringify(server)].map(quoted).join(' ')}
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
`;
}

/** One argument of a command line as systemd reads it: nothing in it is a specifier, a variable or an escape. */
function quoted(argument: string): string {
  return `"${argument.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}
