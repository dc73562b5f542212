import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Random numbers that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface State {
  readonly path: string;
  readonly text: string;
  readonly mtime: Date;
}

/** Long ago, before anything that was ever built. */
const LONG_AGO = new Date('2001-02-03T04:05:06Z');

/**
 * A meson project in the shape of libvirt, and a developer who does all to it that developers do: some parts in C, a header that all of them read, a program that calls
 * them all, a data file. Every act says in a word what it was.
 */
export class EditedTree {
  readonly dir: string;
  readonly #random: (below: number) => number;
  readonly #past: State[] = [];
  #parts: readonly string[] = ['alpha', 'beta', 'gamma', 'delta'];
  #words = 0;

  constructor(dir: string, random: (below: number) => number) {
    this.dir = dir;
    this.#random = random;
    this.#write('libtiny.spec.in', SPEC);
    this.#write('src/word.h', '#define WORD "first"\n');
    this.#write('share/data.txt', 'data\n');
    for (const part of this.#parts) this.#write(`src/${part}.c`, partText(part, part));
    this.#writeList();
  }

  /** Does one of all that a developer does. */
  act(): string {
    const acts = [
      () => this.#edit(this.#anyPart()),
      () => this.#edit(this.#anyPart()),
      () => this.#edit('src/word.h'),
      () => this.#edit('share/data.txt'),
      () => this.#editUnseen(this.#anyPart()),
      () => this.#editLongAgo(this.#random(2) === 0 ? this.#anyPart() : 'src/word.h'),
      () => this.#undo(),
      () => this.#undo(),
      () => this.#touch(this.#anyPart()),
      () => this.#delete(),
      () => this.#add(),
      () => this.#rename(),
    ];
    return acts[this.#random(acts.length)]?.() ?? 'nothing';
  }

  /** Makes a part that can't be compiled, which no undo goes back to; what is returned brings it back as it was, times and all. */
  break(): () => void {
    const path = this.#anyPart();
    const before = this.#read(path);
    writeFileSync(join(this.dir, path), `${before.text}int broken = ;\n`);
    return () => { this.#restore(before); };
  }

  #edit(path: string): string {
    const { text } = this.#read(path);
    this.#write(path, text.replace(/(return|WORD|data)( "[^"]*"|.*)/, `$1 "${this.#word()}"`));
    return `edit ${path}`;
  }

  /** Another text of the same size with the same time. */
  #editUnseen(path: string): string {
    const { text, mtime } = this.#read(path);
    this.#write(path, text.replace(/return "(.)/, (_match, first: string) => `return "${first === 'x' ? 'y' : 'x'}`));
    utimesSync(join(this.dir, path), mtime, mtime);
    return `edit ${path}, same size and time`;
  }

  #editLongAgo(path: string): string {
    this.#edit(path);
    utimesSync(join(this.dir, path), LONG_AGO, LONG_AGO);
    return `edit ${path}, with an old time`;
  }

  #undo(): string {
    const states = this.#past.filter(({ path }) => existsSync(join(this.dir, path)));
    const state = states[this.#random(states.length)];
    if (!state) return 'nothing to undo';
    this.#past.push(this.#read(state.path));
    this.#restore(state);
    return `undo ${state.path}`;
  }

  #touch(path: string): string {
    const now = new Date();
    utimesSync(join(this.dir, path), now, now);
    return `touch ${path}`;
  }

  #delete(): string {
    if (this.#parts.length === 1) return 'nothing to delete';
    const path = this.#anyPart();
    rmSync(join(this.dir, path));
    this.#parts = this.#parts.filter((part) => `src/${part}.c` !== path);
    this.#writeList();
    return `delete ${path}`;
  }

  #add(): string {
    const part = this.#word();
    this.#write(`src/${part}.c`, partText(part, part));
    this.#parts = [...this.#parts, part];
    this.#writeList();
    return `add src/${part}.c`;
  }

  #rename(): string {
    const from = this.#anyPart();
    const part = this.#word();
    const { mtime } = this.#read(from);
    const old = from.slice('src/'.length, -'.c'.length);
    this.#write(`src/${part}.c`, partText(part, old));
    utimesSync(join(this.dir, `src/${part}.c`), mtime, mtime);
    rmSync(join(this.dir, from));
    this.#parts = this.#parts.map((name) => (name === old ? part : name));
    this.#writeList();
    return `rename ${from} to src/${part}.c`;
  }

  /** What names the parts. Not undone by itself, for it would name what is gone. */
  #writeList(): void {
    writeFileSync(join(this.dir, 'src/main.c'), `#include <stdio.h>\n${this.#parts.map((part) => `const char *${part}(void);\n`).join('')}int main(void) {\n${this.#parts.map((part) => `  puts(${part}());\n`).join('')}  return 0;\n}\n`);
    writeFileSync(join(this.dir, 'meson.build'), meson(this.#parts));
  }

  #anyPart(): string {
    return `src/${this.#parts[this.#random(this.#parts.length)] ?? ''}.c`;
  }

  #word(): string {
    return `w${String(++this.#words)}`;
  }

  #read(path: string): State {
    const file = join(this.dir, path);
    return { path, text: readFileSync(file, 'utf8'), mtime: statSync(file).mtime };
  }

  #write(path: string, text: string): void {
    const file = join(this.dir, path);
    if (existsSync(file)) this.#past.push(this.#read(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** As `cp -p` from a backup does. */
  #restore({ path, text, mtime }: State): void {
    writeFileSync(join(this.dir, path), text);
    utimesSync(join(this.dir, path), mtime, mtime);
  }
}

function partText(name: string, text: string): string {
  return `#include "word.h"\nconst char *${name}(void) { return "${text}" " " WORD; }\n`;
}

function meson(parts: readonly string[]): string {
  return `project('libtiny', 'c', version: '12.5.0')
executable('tiny', ['src/main.c', ${parts.map((part) => `'src/${part}.c'`).join(', ')}], install: true)
install_data('share/data.txt', install_dir: 'share/tiny')
install_data('share/data.txt', install_dir: 'share/doc/tiny')
conf = configuration_data()
conf.set('VERSION', meson.project_version())
configure_file(input: 'libtiny.spec.in', output: '@BASENAME@', configuration: conf)
`;
}

/** Its %install moves documents into the tree, as libvirt's does. Without debug information, which on this machine names the folder of the build and makes two workspaces' bytes differ. */
const SPEC = `Name: libtiny
Version: @VERSION@
Release: 1%{?dist}
Summary: A project in the shape of libvirt
License: LGPL-2.1-or-later
Source: https://download.libvirt.org/%{name}-%{version}.tar.xz
%description
Made by a test.
%prep
%setup -q
%build
meson setup build --prefix=/usr --buildtype=release
meson compile -C build
%install
DESTDIR=%{buildroot} meson install -C build
mv %{buildroot}/usr/share/doc/tiny tiny-docs
%files
%doc tiny-docs/*
/usr/bin/tiny
/usr/share/tiny
`;
