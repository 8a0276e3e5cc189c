import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { planFor } from '../../experiments/ready-run.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import type { Problem } from '../../experiments/problem.js';
import { solver as solverOf } from '../../solvers/registry.js';
import { UsageError } from '../errors.js';
import type { Specification } from '../family.js';
import { planFromJson } from '../plan/check.js';
import type { Plan } from '../plan/plan.js';
import { printPlan } from '../plan/print.js';
import { makeProcess, parseProcess } from '../process/index.js';
import type { Process } from '../process/process.js';
import {
  type ImportOption,
  type SettingOptions,
  addImport,
  addSettings,
  importModules,
  printJson,
  settingsOf,
  whole,
} from './options.js';

interface Options extends SettingOptions, ImportOption {
  readonly process: string;
  readonly problem?: string;
  readonly nfe: number;
  readonly json?: boolean;
}

const examples = `
A process is an id with parameters, or a JSON file { "id": ..., "parameters": { ... } }.

Examples:
  $ bfn plan bfn-solver++2 --process bfn-continuous:sigma1=0.001 --nfe 5
  $ bfn plan dpm-solver++2m --process edm --grid karras --nfe 10 --json > plan.json
  $ bfn plan plan.json`;

export const planCommand = (): Command =>
  addImport(
    addSettings(
      new Command('plan')
        .description("print a solver's coefficients for a process and grid")
        .argument('<solver>', 'id of a solver, or a plan file (.json) to check and print')
        .option('--process <process>', 'the noising process', 'bfn-continuous:sigma1=0.001')
        .addOption(
          new Option('--problem <problem>', 'take the process, and the reference, of a problem').conflicts(
            'process',
          ),
        )
        .option('--nfe <number>', 'number of network calls', whole(1), 10),
    ),
  )
    .option('--json', 'print as JSON, which can be read back')
    .addHelpText('after', examples)
    .action(async (subject: string, options: Options, command: Command) => {
      await importModules(options);
      const isFile = subject.endsWith('.json');
      if (isFile) requireNoSettings(command);
      const plan = isFile ? planFromJson(await readJson(subject)) : await planOf(subject, options);
      if (options.json) printJson(plan);
      else console.log(printPlan(plan));
    });

/** Throws a `UsageError` for options that a plan from a file would ignore. */
const requireNoSettings = (command: Command): void => {
  const given = command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === 'cli' &&
      !['--json', '--import'].includes(option.long ?? ''),
  );
  if (given) throw new UsageError(`${given.long} does not go with a plan file, which holds its settings`);
};

const planOf = async (id: string, options: Options): Promise<Plan> => {
  const problem = options.problem === undefined ? undefined : await problemOf(options.problem);
  const process = problem?.process ?? (await processOf(options.process));
  return planFor(solverOf(id), process, { nfe: options.nfe, ...settingsOf(options) }, { problem });
};

const problemOf = (text: string): Promise<Problem> => {
  const { id, parameters } = parseProblem(text);
  return makeProblem(id, parameters);
};

const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read ${path} as JSON: ${(error as Error).message}`);
  }
};

/** A process by its line, or from a file; untrusted, so its shape is checked here and its values by `makeProcess`. */
const processOf = async (text: string): Promise<Process> => {
  if (!text.endsWith('.json')) return parseProcess(text);
  const { id, parameters = {} } = ((await readJson(text)) ?? {}) as Partial<Specification>;
  const isObject =
    typeof parameters === 'object' && (parameters as unknown) !== null && !Array.isArray(parameters);
  if (typeof id === 'string' && isObject) return makeProcess(id, parameters);
  throw new UsageError(`${text} is no process: it must be { "id": "...", "parameters": { ... } }`);
};
