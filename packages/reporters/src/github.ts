import { relative, resolve } from 'node:path';
import { screenText, type Event } from '@crpm/core';
import { plainReporter } from './plain.js';
import type { Reporter, ReporterOptions, Screen } from './reporter.js';

/**
 * Plain lines, and beside them GitHub's workflow commands: what failed, errors of compilers at their file and line, and warnings become annotations.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubReporter(options: ReporterOptions): Reporter {
  const plain = plainReporter({ ...options, stream: withoutCommands(options.stream) });
  const groups = new Map<string, string>();
  const say = (command: string) => options.stream.write(`${command}\n`);

  const annotate = (event: Event) => {
    switch (event.type) {
      case 'run-started':
        for (const { id, group } of event.nodes) if (group !== undefined) groups.set(id, group);
        return;
      case 'node-warning':
        say(command('warning', { title: event.node }, event.text));
        return;
      case 'warning':
        say(command('warning', {}, event.text));
        return;
      case 'node-finished': {
        const { node, failure } = event;
        if (!failure) return;
        for (const { file, line, column, message } of failure.complaints ?? []) {
          const at = { file: inCheckout(options, groups.get(node), file), line: String(line), ...(column === undefined ? {} : { col: String(column) }) };
          say(command('error', { ...at, title: node }, message));
        }
        say(command('error', { title: `${node} failed` }, [failure.message, ...(failure.next === undefined ? [] : [failure.next])].join('\n')));
        return;
      }
      case 'node-started':
      case 'node-line':
      case 'node-status':
      case 'run-finished':
        return;
    }
  };
  return {
    sink: (event) => {
      plain.sink(event);
      annotate(event);
    },
    close: () => plain.close(),
  };
}

/** Text in which no line is a command, whoever wrote it. */
function withoutCommands(stream: Screen): Screen {
  return { write: (text) => stream.write(text.replace(/^(?=::|##\[)/gm, ' ')) };
}

/** A file of a package's tree as GitHub names it: relative to the checkout, where the tree lies in it. */
function inCheckout({ trees, checkout }: ReporterOptions, group: string | undefined, file: string): string {
  const tree = group === undefined ? undefined : trees?.get(group);
  return tree === undefined || checkout === undefined ? file : relative(checkout, resolve(tree, file));
}

function command(name: 'error' | 'warning', properties: Readonly<Record<string, string>>, message: string): string {
  const told = Object.entries(properties).map(([key, value]) => `${key}=${data(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`);
  return `::${name}${told.length > 0 ? ` ${told.join(',')}` : ''}::${data(message)}`;
}

/** One line, whatever is in it: a line break would end the command, and the next line could be one of its own. */
function data(text: string): string {
  return text.split('\n').map(screenText).join('\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
