import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../data/bundled.js';
import { Interruption, UsageError, UsageErrors } from '../errors.js';

/** The commands by name. Each is loaded when it is asked for: `bfn plan` has no need of what `bfn compare` takes. */
export const commands: Readonly<Record<string, () => Promise<() => Command>>> = {
  compare: async () => (await import('./compare.js')).compareCommand,
  merge: async () => (await import('./merge.js')).mergeCommand,
  solvers: async () => (await import('./solvers.js')).solversCommand,
  problems: async () => (await import('./problems.js')).problemsCommand,
  plan: async () => (await import('./plan.js')).planCommand,
  grid: async () => (await import('./grid.js')).gridCommand,
  sample: async () => (await import('./sample.js')).sampleCommand,
  evaluate: async () => (await import('./evaluate.js')).evaluateCommand,
  train: async () => (await import('./train.js')).trainCommand,
  figures: async () => (await import('./figures.js')).figuresCommand,
  report: async () => (await import('./report.js')).reportCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
  verify: async () => (await import('./verify.js')).verifyCommand,
};

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');

/** `bfn` with the command of that name, or with all. */
const programWith = async (name: string): Promise<Command> => {
  const { version, description } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
    description: string;
  };
  const program = new Command('bfn')
    .description(description)
    .version(version)
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text)}\n`) })
    .exitOverride();
  const wanted = Object.hasOwn(commands, name) ? [commands[name]] : Object.values(commands);
  for (const load of wanted) program.addCommand((await load())().copyInheritedSettings(program));
  return program;
};

/**
 * Runs `bfn` with these words, help if there are none. Returns the exit code: 0, 2 for a user's mistake, 1 for a failure of the
 * work itself, 128 + the number of the signal that stopped it; one line on standard error says which.
 */
export const runProgram = async (words: readonly string[]): Promise<number> => {
  try {
    const program = await programWith(words[0] ?? '');
    await program.parseAsync(words.length > 0 ? words : ['--help'], { from: 'user' });
    return 0;
  } catch (error) {
    // help and version are thrown as well, with exit code 0; commander has told the user of its own errors
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Interruption) {
      console.error(oneLine(error.message));
      return error.exitCode;
    }
    const lines =
      error instanceof UsageErrors
        ? error.mistakes
        : [error instanceof Error ? error.message : String(error)];
    for (const line of lines) console.error(oneLine(`error: ${line}`));
    return error instanceof UsageError ? 2 : 1;
  }
};
