import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { execa } from 'execa';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

const { Server, utils } = ssh2;

/** The tests' engine, reached as one on another machine is. */
export interface RemoteEngine {
  /** What `DOCKER_HOST` and the like have to be. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Why no ssh can be tested; nothing if one can. */
export function lacksSsh(): string | undefined {
  return ['ssh', 'ssh-keygen'].every((program) => existsSync(`/usr/bin/${program}`)) ? undefined : 'not installed: ssh (Debian: openssh-client)';
}

/** An ssh server on loopback that lets one new key in and runs what it is told as this user, and an `ssh` first on the path that knows both. `dockerHost`: `unix:///…` */
export async function overSsh(dockerHost: string): Promise<RemoteEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-ssh-server-'));
  const file = (name: string) => join(folder, name);
  for (const key of ['host', 'user']) await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  const user = utils.parseKey(readFileSync(file('user.pub')));
  if (user instanceof Error) throw user;
  const connections = new Set<Connection>();
  const server = new Server({ hostKeys: [readFileSync(file('host'))] }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => {}); // A client that leaves without a word.
    connection.on('authentication', (login) => {
      const knows = login.username === 'root' && login.method === 'publickey' && login.key.data.equals(user.getPublicSSH());
      if (knows && (login.signature === undefined || user.verify(login.blob!, login.signature, login.hashAlgo) === true)) login.accept();
      else login.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (accepted, _refused, { command }) => { attach(accepted(), spawn('sh', ['-c', command])); });
    });
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  const { port } = server.address() as AddressInfo;
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${String(port)} ${readFileSync(file('host.pub'), 'utf8')}`);
  writeFileSync(file('config'), `IdentityFile ${file('user')}\nIdentitiesOnly yes\nUserKnownHostsFile ${file('known_hosts')}\nStrictHostKeyChecking yes\n`);
  mkdirSync(file('bin'));
  writeFileSync(file('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('config')} "$@"\n`, { mode: 0o755 });
  return {
    env: { DOCKER_HOST: `ssh://root@127.0.0.1:${String(port)}${dockerHost.slice('unix://'.length)}`, PATH: `${file('bin')}:${process.env['PATH'] ?? ''}` },
    stop: async () => {
      const closed = new Promise<void>((done) => { server.close(() => { done(); }); });
      for (const connection of connections) connection.end();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function attach(channel: ServerChannel, child: ChildProcessWithoutNullStreams): void {
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.stdin.on('error', () => {}); // It ended first.
  channel.on('close', () => { child.kill(); });
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}

/** A port on loopback that speaks TLS, wants a certificate of the user, and hands everything on to the engine. */
export async function overTls(dockerHost: string): Promise<RemoteEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-tls-'));
  const openssl = (...argv: readonly string[]) => execa('openssl', argv, { cwd: folder });
  const authority = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await openssl('req', ...authority, '-subj', '/CN=authority of the tests', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  const signed = [...authority, '-CA', 'ca.pem', '-CAkey', 'ca-key.pem'];
  await openssl('req', ...signed, '-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'server-key.pem', '-out', 'server.pem');
  await openssl('req', ...signed, '-subj', '/CN=user', '-keyout', 'key.pem', '-out', 'cert.pem');
  const read = (name: string) => readFileSync(join(folder, name));
  const sockets = new Set<Socket>();
  const server = createTlsServer({ key: read('server-key.pem'), cert: read('server.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true, allowHalfOpen: true }, (near) => {
    const far = connect({ path: dockerHost.slice('unix://'.length), allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  return {
    env: { DOCKER_HOST: `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder },
    stop: async () => {
      const closed = new Promise((done) => { server.close(done); });
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
