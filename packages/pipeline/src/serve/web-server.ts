import { unreachable } from '@crpm/core';

/** A web server that an image has. `root`: httpd's own folder, with `modules` in it. */
export type WebServer = { readonly kind: 'nginx' } | { readonly kind: 'httpd'; readonly root: string };

/** How to run it in the foreground on one port of 127.0.0.1, for GET and HEAD of files in one folder and for nothing else. */
export function webServerCommand(server: WebServer, port: number, content: string): { readonly argv: readonly string[]; readonly config: { readonly path: string; readonly text: string } } {
  switch (server.kind) {
    case 'nginx':
      return { argv: ['nginx', '-c', '/etc/crpm/nginx.conf', '-g', 'daemon off;'], config: { path: 'etc/crpm/nginx.conf', text: nginx(port, content) } };
    case 'httpd':
      return { argv: ['httpd', '-f', '/etc/crpm/httpd.conf', '-DFOREGROUND'], config: { path: 'etc/crpm/httpd.conf', text: httpd(server.root, port, content) } };
    default:
      return unreachable(server);
  }
}

function nginx(port: number, content: string): string {
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events { worker_connections 128; }
http {
  access_log off;
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port};
    root ${content};
    disable_symlinks on;
    location / { limit_except GET { deny all; } }
  }
}
`;
}

function httpd(root: string, port: number, content: string): string {
  const modules = ['mpm_event', 'unixd', 'authz_core'].map((name) => `<IfModule !${name === 'mpm_event' ? 'event.c' : `mod_${name}.c`}>\nLoadModule ${name}_module modules/mod_${name}.so\n</IfModule>`);
  return `ServerRoot "${root}"
${modules.join('\n')}
Listen 127.0.0.1:${port}
ServerName 127.0.0.1
PidFile /tmp/httpd.pid
ErrorLog /proc/self/fd/2
DocumentRoot "${content}"
TraceEnable off
<Directory />
  Require all denied
</Directory>
<Directory "${content}">
  Options None
  AllowOverride None
  <LimitExcept GET HEAD>
    Require all denied
  </LimitExcept>
  <Limit GET HEAD>
    Require all granted
  </Limit>
</Directory>
`;
}
