import { afterEach, beforeEach, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';

/** What a command prints when it runs in this process, on standard output and on standard error; emptied before each test. */
export interface Output {
  said: string[];
  complained: string[];
}

/** Runs one command here, where `run.ts` starts a process, and collects what it prints. */
export const inProcess = (
  command: string,
): { readonly output: Output; bfn(...words: readonly string[]): Promise<number> } => {
  const output: Output = { said: [], complained: [] };
  const into = (part: keyof Output) => (text: unknown) => {
    output[part].push(String(text));
    return true;
  };
  beforeEach(() => {
    Object.assign(output, { said: [], complained: [] });
    vi.spyOn(console, 'log').mockImplementation(into('said'));
    vi.spyOn(console, 'error').mockImplementation(into('complained'));
    vi.spyOn(process.stderr, 'write').mockImplementation(into('complained'));
  });
  afterEach(() => void vi.restoreAllMocks());
  return { output, bfn: (...words) => runProgram([command, ...words]) };
};
