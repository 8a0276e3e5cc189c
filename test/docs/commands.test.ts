import { describe, expect, it, vi } from 'vitest';
import { callsOfSteps } from '../../solvers/program.js';
import { commands } from '../../src/cli/program.js';
import { type Block, pages } from './pages.js';

/** The `bfn` commands of a block, as words; a line that ends in a backslash goes on. */
const commandsOf = ({ code }: Block): string[][] =>
  code
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/^\$ /, '').replace(/ #.*$/, '').replace(/^npx /, '').trim())
    .filter((line) => line.startsWith('bfn '))
    .map((line) =>
      [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(1),
    );

const shell = pages.flatMap((page) =>
  page.blocks.filter(({ language }) => language === 'sh').map((block) => ({ page, block })),
);

/** A block of output stands directly below the block of its command. */
const withOutput = shell.flatMap(({ page: { blocks, text }, block }) => {
  const output = blocks[blocks.indexOf(block) + 1];
  if (!output || !['json', 'text'].includes(output.language)) return [];
  const adjacent = text.includes(`${block.code}\`\`\`\n\n\`\`\`${output.language}\n${output.code}`);
  return adjacent ? [{ where: block.where, words: commandsOf(block)[0], output }] : [];
});

const printed = async ([name, ...words]: readonly string[]): Promise<string> => {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
  try {
    await (await commands[name]())().parseAsync(words, { from: 'user' });
  } finally {
    log.mockRestore();
  }
  return lines.join('\n');
};

/** Parsed, numbers to 12 digits: the last ones may differ from one JavaScript engine to another. */
const parsed = (json: string): unknown =>
  JSON.parse(json, (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(12)) : value,
  );

describe('the commands of the pages', () => {
  it.each(shell.flatMap(({ block }) => commandsOf(block).map((words) => [block.where, words] as const)))(
    '%s: bfn %j is accepted',
    async (_, [name, ...words]) => {
      expect(Object.keys(commands)).toContain(name);
      const ran = vi.fn();
      const command = (await commands[name]())();
      await command.exitOverride().action(ran).parseAsync(words, { from: 'user' });
      expect(ran).toHaveBeenCalledOnce();
    },
  );

  it.each(withOutput.map(({ where, words, output }) => [where, words, output] as const))(
    '%s: bfn %j prints what it says',
    async (_, words, { language, code }) => {
      const text = await printed(words);
      if (language === 'json') expect(parsed(text)).toEqual(parsed(code));
      else expect(`${text}\n`).toBe(code);
    },
  );
});

it('the table of budgets is what the solvers do', () => {
  const plans = pages.find(({ path }) => path === 'docs/plans.md');
  const rows = [...(plans?.text ?? '').matchAll(/^\| (\d) \| ([\d +]+) \| ([\d +]+) \| ([\d +]+) \|$/gm)];
  expect(rows.map(([, n]) => n)).toEqual(['1', '2', '3', '4', '5']);
  for (const [, n, single, double, inData] of rows) {
    const budget = Number(n);
    expect(single).toBe(callsOfSteps(budget, 1, true).join(' + '));
    expect(double).toBe(callsOfSteps(budget, 2, false).join(' + '));
    expect(inData).toBe(callsOfSteps(budget, 2, true).join(' + '));
  }
});
