// A stand-in for bazeldnf where that is not installed: the same three commands, for repositories as small as this example's. It takes the newest of
// what fits and never goes back on a choice, which a real resolver does. What it writes shows how things go together; it proves nothing.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

const CACHE = '_out/resolver';
const [command, ...args] = process.argv.slice(2);
const options = { repofile: [], names: [] };
for (let i = 0; i < args.length; i++) {
  if (args[i] === '--public' || args[i] === '--nobest') continue;
  if (args[i] === '--repofile') options.repofile.push(args[++i]);
  else if (args[i].startsWith('--')) options[args[i].slice(2)] = args[++i];
  else options.names.push(args[i]);
}
try {
  if (command === 'fetch') await fetchAll();
  else if (command === 'rpmtree') rpmtree();
  else if (command === 'prune') prune();
  else throw new Error(`unknown command ${command}`);
} catch (error) {
  console.error(`${options.name ?? command}: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`);
  process.exit(1);
}

/** The entries of the repo files, first file first. They are JSON or the plain YAML of this tree. */
function repositories() {
  return options.repofile.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    if (text.startsWith('{')) return JSON.parse(text).repositories;
    return text.split(/^ *- (?=arch:)/m).slice(1).map((entry) => ({
      arch: /^\s*arch: (.+)$/m.exec(entry)[1],
      baseurl: /^\s*baseurl: (.+)$/m.exec(entry)[1],
      name: /^\s*name: (.+)$/m.exec(entry)[1],
      mirrors: [...entry.matchAll(/^\s*- (http.+)$/gm)].map((match) => match[1]),
    }));
  });
}

function cacheFile({ name }) {
  return `${CACHE}/${createHash('sha256').update(name).digest('hex')}.xml`;
}

async function fetchAll() {
  mkdirSync(CACHE, { recursive: true });
  for (const repo of repositories()) {
    const repomd = (await get(new URL('repodata/repomd.xml', repo.baseurl))).toString();
    const data = /<data type="primary">([\s\S]*?)<\/data>/.exec(repomd)[1];
    const packed = await get(new URL(/<location href="([^"]+)"/.exec(data)[1], repo.baseurl));
    const wanted = /<checksum type="sha256">([0-9a-f]+)</.exec(data)[1];
    const got = createHash('sha256').update(packed).digest('hex');
    if (got !== wanted) throw new Error(`${repo.baseurl}: primary has the sha256 ${got}, not ${wanted}`);
    writeFileSync(cacheFile(repo), gunzipSync(packed));
    console.log(`fetched ${repo.baseurl}`);
  }
}

async function get(url) {
  if (url.protocol === 'file:') return readFileSync(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Every RPM for the architecture, the first repository's first. */
function packages() {
  return repositories().filter((repo) => repo.arch === options.arch).flatMap((repo) =>
    [...readFileSync(cacheFile(repo), 'utf8').matchAll(/<package type="rpm">([\s\S]*?)<\/package>/g)].map(([, xml]) => {
      const one = (pattern) => unescape(pattern.exec(xml)?.[1] ?? '');
      const evr = `${one(/<version [^>]*epoch="([^"]*)"/) || 0}:${one(/<version [^>]*ver="([^"]*)"/)}-${one(/<version [^>]*rel="([^"]*)"/)}`;
      return {
        name: one(/<name>([^<]*)/),
        arch: one(/<arch>([^<]*)/),
        evr,
        sha256: one(/<checksum [^>]*>([^<]*)/),
        url: new URL(one(/<location [^>]*href="([^"]*)"/), repo.mirrors?.[0] ?? repo.baseurl).href,
        provides: entries(xml, 'provides'),
        files: [...xml.matchAll(/<file>([^<]*)/g)].map((match) => match[1]),
        requires: entries(xml, 'requires').filter(({ name }) => !name.startsWith('rpmlib(')),
      };
    }),
  ).filter((rpm) => rpm.arch === options.arch || rpm.arch === 'noarch');
}

function entries(xml, list) {
  const inside = new RegExp(`<rpm:${list}>([\\s\\S]*?)</rpm:${list}>`).exec(xml)?.[1] ?? '';
  return [...inside.matchAll(/<rpm:entry ([^>]*?)\/>/g)].map(([, text]) => {
    const value = (name) => unescape(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(text)?.[1] ?? '');
    return { name: value('name'), flags: value('flags'), evr: value('ver') && `${value('epoch') || 0}:${value('ver')}${value('rel') && `-${value('rel')}`}` };
  });
}

function unescape(text) {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name]);
}

function rpmtree() {
  const all = packages();
  const chosen = new Map();
  const add = (rpm, why) => {
    const other = chosen.get(rpm.name);
    if (other === rpm) return;
    if (other) throw new Error(`no solution found: ${why} wants ${rpm.name}-${rpm.evr}, but ${other.evr} is chosen`);
    chosen.set(rpm.name, rpm);
    for (const require of rpm.requires) {
      if ([...chosen.values()].some((candidate) => gives(candidate, require))) continue;
      add(newest(all.filter((candidate) => gives(candidate, require)), `${require.name}, which ${rpm.name} requires`), rpm.name);
    }
  };
  // What is asked for by version comes first: its requires are the strictest.
  const wanted = [options.basesystem, ...options.names].map((text) => ({ text, pin: /^(.+?)-(\d+:.+)$/.exec(text) }));
  for (const { text, pin } of wanted.toSorted((a, b) => Number(!a.pin) - Number(!b.pin))) {
    const fits = (rpm) => (pin ? rpm.name === pin[1] && rpm.evr.startsWith(pin[2]) : rpm.name === text);
    const candidates = all.filter(fits);
    if (candidates.length === 0) throw new Error(`Package ${text} does not exist`);
    add(newest(candidates, text), 'the request');
  }
  write([...chosen.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

function gives(rpm, require) {
  if (rpm.files.includes(require.name)) return true;
  return rpm.provides.some(({ name, evr }) => name === require.name && (require.flags !== 'EQ' || evr === require.evr || evr.startsWith(`${require.evr}-`)));
}

function newest(candidates, what) {
  if (candidates.length === 0) throw new Error(`no solution found: nothing provides ${what}`);
  return candidates.reduce((best, rpm) => (compare(rpm.evr, best.evr) > 0 ? rpm : best));
}

/** By runs of digits and of letters, which is enough for this example. */
function compare(a, b) {
  const [left, right] = [a, b].map((evr) => evr.match(/\d+|[A-Za-z]+/g) ?? []);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? '', right[i] ?? ''];
    const order = /^\d+$/.test(x) && /^\d+$/.test(y) ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return 0;
}

function ruleName({ name, evr, arch }) {
  return `${name}-${evr}.${arch}`.replaceAll(':', '__').replaceAll('+', '__plus__').replaceAll('~', '__tilde__').replaceAll('^', '__caret__');
}

function ruleOf(kind, name) {
  return new RegExp(`^${kind}\\(\\n    name = "${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}",\\n[\\s\\S]*?^\\)\\n`, 'm');
}

function write(rpms) {
  let workspace = readFileSync('WORKSPACE', 'utf8');
  for (const rpm of rpms) {
    const rule = `rpm(\n    name = "${ruleName(rpm)}",\n    sha256 = "${rpm.sha256}",\n    urls = [\n        "${rpm.url}",\n    ],\n)\n`;
    const existing = ruleOf('rpm', ruleName(rpm)).exec(workspace)?.[0];
    if (existing === undefined) workspace += `\n${rule}`;
    // As bazeldnf does: an address changes only when the bytes do.
    else if (!existing.includes(rpm.sha256)) workspace = workspace.replace(existing, rule);
  }
  const tree = `rpmtree(\n    name = "${options.name}",\n    rpms = [\n${rpms.map((rpm) => `        "@${ruleName(rpm)}//rpm",\n`).join('')}    ],\n    visibility = ["//visibility:public"],\n)\n`;
  const build = readFileSync('rpm/BUILD.bazel', 'utf8');
  const existing = ruleOf('rpmtree', options.name).exec(build)?.[0];
  writeFileSync('WORKSPACE', workspace);
  writeFileSync('rpm/BUILD.bazel', existing === undefined ? `${build}\n${tree}` : build.replace(existing, tree));
  console.log(`${options.name}: ${rpms.length} RPMs`);
}

/** Removes the rules that no tree names any more. */
function prune() {
  const build = readFileSync('rpm/BUILD.bazel', 'utf8');
  const used = new Set([...build.matchAll(/"@([^"/]+)\/\/rpm"/g)].map((match) => match[1]));
  const workspace = readFileSync('WORKSPACE', 'utf8');
  writeFileSync('WORKSPACE', workspace.replace(/\n?^rpm\(\n    name = "([^"]+)",\n[\s\S]*?^\)\n/gm, (rule, name) => (used.has(name) ? rule : '')));
}
