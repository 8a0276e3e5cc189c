import { Command, InvalidArgumentError } from 'commander';
import { markdownTable } from 'markdown-table';
import {
  type Format,
  type WrittenFigure,
  figure,
  figureList,
  formats,
  valueLines,
  writeFigure,
} from '../../experiments/figures/index.js';
import { requireWritable } from '../../experiments/results.js';
import { names, printJson } from './options.js';
import { progressBar } from './progress.js';

interface Options {
  readonly out: string;
  readonly list?: boolean;
  readonly format: readonly Format[];
  readonly json?: boolean;
}

const formatsOf = (text: string): readonly Format[] => {
  const wanted = [...new Set(names(text))];
  const unknown = wanted.filter((name) => !formats.includes(name as Format));
  if (wanted.length > 0 && unknown.length === 0) return wanted as Format[];
  throw new InvalidArgumentError(`It must be of ${formats.join(', ')}, apart by commas.`);
};

const examples = `
Beside each picture is a .json file with what is plotted. The pictures are explained in docs/figures.md.

Examples:
  $ bfn figures
  $ bfn figures simplex-flow trajectories --format svg
  $ bfn figures --list`;

export const figuresCommand = (): Command =>
  new Command('figures')
    .description('draw the figures of the BFN paper, and others that explain it')
    .argument('[ids...]', 'which (default: all)')
    .option('--out <folder>', 'where to', 'figures')
    .option('--format <formats>', 'kinds of picture: svg, png', formatsOf, formats)
    .option('--list', 'say which there are, and draw none')
    .option('--json', 'print as JSON')
    .addHelpText('after', examples)
    .action(async (ids: readonly string[], options: Options) => {
      const wanted = ids.length > 0 ? [...new Set(ids)].map(figure) : figureList();
      if (options.list) {
        const known = wanted.map(({ id, description, source }) => ({ id, description, source }));
        if (options.json) printJson(known);
        else console.log(markdownTable([['figure', 'what it shows', 'source'], ...known.map(Object.values)]));
        return;
      }
      const { out, format } = options;
      await requireWritable(out);
      const bar = progressBar('figures');
      const written: WrittenFigure[] = [];
      try {
        for (const one of wanted) {
          written.push(await writeFigure(out, one, format));
          bar.update(written.length, wanted.length);
        }
      } finally {
        bar.stop();
      }
      if (options.json) printJson(written);
      else written.forEach((one) => console.log([one.files.join(' '), ...valueLines(one)].join('\n  ')));
    });
