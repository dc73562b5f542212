import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../serve/support/temporary.js';

/** What a program in the container does, by its name. */
export interface Program {
  readonly out?: string;
  readonly code?: number;
  /** The stream closes before the end: the mark that says how it ended does not come, and kubectl itself is content. */
  readonly cut?: boolean;
  /** It prints for ever. */
  readonly endless?: boolean;
}

export interface Scenario {
  /** No cluster answers. */
  readonly down?: boolean;
  readonly clusterUid?: string;
  readonly kubevirt?: string;
  readonly createFails?: string;
  /** What each question for pods gives, the last for all further ones: an object of the pod's `status`, or nothing for no pod. */
  readonly pods?: readonly (object | null)[];
  readonly events?: readonly { readonly kind: string; readonly reason: string; readonly message: string }[];
  /** Others run as they are on this machine: the files whose sha256s are asked for are real. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** Folder that stands for the container's root: paths among the arguments of what runs as it is are below it. */
  readonly root?: string;
  /** Touched by `get pods`, then that hangs. */
  readonly hangsAt?: string;
  readonly stderr?: string;
}

export const RUNNING = { phase: 'Running', containerStatuses: [{ name: 'compute', state: { running: {} }, image: 'registry:5000/kubevirt/virt-launcher:devel', imageID: `registry:5000/kubevirt/virt-launcher@sha256:${'c'.repeat(64)}` }] };

/** A scripted kubectl: a program with the machines of a cluster in a file. */
export class FakeKubectl {
  readonly folder = temporaryFolder('kubectl');
  readonly program = join(this.folder, 'kubectl');

  constructor(scenario: Scenario) {
    this.play(scenario);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'vmis.json'), '[]');
    writeFileSync(this.program, `#!${process.execPath}\n${PROGRAM}`);
    chmodSync(this.program, 0o755);
  }

  play(scenario: Scenario): void {
    writeFileSync(join(this.folder, 'scenario.json'), JSON.stringify(scenario));
    writeFileSync(join(this.folder, 'asked'), '0');
  }

  /** Machines that are in the cluster, by name, with their labels. */
  machines(): readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[] {
    return (JSON.parse(readFileSync(join(this.folder, 'vmis.json'), 'utf8')) as { metadata: { name: string; labels: Record<string, string> } }[]).map(({ metadata: { name, labels } }) => ({ name, labels }));
  }

  /** A machine that was there before. */
  add(name: string, labels: Readonly<Record<string, string>>): void {
    const all = JSON.parse(readFileSync(join(this.folder, 'vmis.json'), 'utf8')) as unknown[];
    writeFileSync(join(this.folder, 'vmis.json'), JSON.stringify([...all, { metadata: { name, labels } }]));
  }

  /** All arguments of each call, joined by spaces. */
  calls(): readonly string[] {
    return readFileSync(join(this.folder, 'calls'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as string[]).join(' '));
  }
}

const PROGRAM = `
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const here = (name) => join(__dirname, name);
const scenario = JSON.parse(readFileSync(here('scenario.json'), 'utf8'));
const argv = process.argv.slice(2);
appendFileSync(here('calls'), JSON.stringify(argv) + '\\n');
const option = (name) => { const at = argv.indexOf(name); return at < 0 ? undefined : argv[at + 1]; };
const vmis = () => JSON.parse(readFileSync(here('vmis.json'), 'utf8'));
const leave = (text, code = 0, error = '') => { process.stderr.write(error); process.stdout.write(text); process.exitCode = code; };
const error = (text) => leave('', 1, text + '\\n');
const labelled = (metadata, selector) => selector.split(',').every((part) => { const [key, value] = part.split('='); return key === 'kubevirt.io' || metadata.labels[key] === value; });
const [verb, what] = argv;
if (scenario.stderr) process.stderr.write(scenario.stderr);
if (scenario.down) error('The connection to the server 127.0.0.1:6443 was refused');
else if (verb === 'config') leave('test-context\\n');
else if (verb === 'get' && what === 'namespace') leave(scenario.clusterUid ?? '11111111-2222-3333-4444-555555555555');
else if (verb === 'get' && what.startsWith('kubevirts')) scenario.kubevirt === undefined ? error("the server doesn't have a resource type") : leave(scenario.kubevirt);
else if (verb === 'create') {
  if (scenario.createFails) error(scenario.createFails);
  else {
    const vmi = JSON.parse(readFileSync(0, 'utf8'));
    writeFileSync(here('vmis.json'), JSON.stringify([...vmis(), vmi]));
    leave(JSON.stringify({ ...vmi, metadata: { ...vmi.metadata, namespace: vmi.metadata.namespace ?? 'default', uid: 'u' } }));
  }
} else if (verb === 'delete') {
  writeFileSync(here('vmis.json'), JSON.stringify(vmis().filter(({ metadata }) => !labelled(metadata, option('--selector')))));
  leave('');
} else if (verb === 'get' && what === 'pods') {
  const asked = Number(readFileSync(here('asked'), 'utf8'));
  writeFileSync(here('asked'), String(asked + 1));
  const pods = scenario.pods ?? [null];
  const status = pods[Math.min(asked, pods.length - 1)];
  const [vmi] = vmis().filter(({ metadata }) => labelled(metadata, option('--selector')));
  if (scenario.hangsAt) { writeFileSync(scenario.hangsAt, ''); setTimeout(() => {}, 1e6); }
  else leave(JSON.stringify({ items: status && vmi ? [{ metadata: { name: 'virt-launcher-' + vmi.metadata.name + '-x7k2p' }, status }] : [] }));
} else if (verb === 'get' && what === 'events') {
  const [vmi] = vmis().slice(-1);
  leave(JSON.stringify({ items: (scenario.events ?? []).map(({ kind, reason, message }) => ({ involvedObject: { kind, name: vmi.metadata.name }, reason, message })) }));
} else if (verb === 'exec') {
  const inside = argv.slice(argv.indexOf('--') + 1);
  const [, , , mark, program] = inside;
  const scripted = (scenario.programs ?? {})[program];
  if (scripted?.endless) { const more = (failed) => (failed ? process.exit(1) : process.stdout.write('x'.repeat(1 << 16), more)); more(); }
  else if (scripted) leave((scripted.out ?? '') + (scripted.cut ? '' : '\\n' + mark + ' ' + (scripted.code ?? 0) + '\\n'), 0);
  else { const ran = spawnSync(inside[0], inside.slice(1).map((argument) => (scenario.root && argument.startsWith('/') ? scenario.root + argument : argument)), { encoding: 'utf8' }); leave(ran.stdout, ran.status, ran.stderr); }
} else error('unexpected: ' + argv.join(' '));
`;
