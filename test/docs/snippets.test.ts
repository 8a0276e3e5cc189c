import { format } from 'node:util';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import { type Block, blocks, root } from './pages.js';

// Every TypeScript or JavaScript block of a page is a whole program: it compiles under the repository's own strictness, it runs, and
// `console.log(...); // text` prints that text.

const entries: Readonly<Record<string, { path: string; load: () => Promise<object> }>> = {
  'bfn-sde': { path: 'src/index.ts', load: () => import('../../src/index.js') },
  'bfn-sde/solvers': { path: 'solvers/index.ts', load: () => import('../../solvers/index.js') },
  'bfn-sde/tensors': { path: 'src/tensors.ts', load: () => import('../../src/tensors.js') },
  'bfn-sde/train': { path: 'src/train/index.ts', load: () => import('../../src/train/index.js') },
  'bfn-sde/experiments': { path: 'experiments/index.ts', load: () => import('../../experiments/index.js') },
  'bfn-sde/testing': { path: 'src/testing/index.ts', load: () => import('../../src/testing/index.js') },
  'fast-check': { path: 'node_modules/fast-check', load: () => import('fast-check') },
};

const programs = blocks('ts', 'js');

/** What the compiler says of all blocks, as if each were a file in docs/ that imports the sources. */
const compilerErrors = (): string[] => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...(config as { compilerOptions: object }).compilerOptions, rootDir: undefined },
    root,
  );
  const paths = Object.fromEntries(
    Object.entries(entries).map(([name, { path }]) => [name, [join(root, path)]]),
  );
  const files = new Map(programs.map(({ code }, i) => [join(root, 'docs', `block-${i}.ts`), code]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, how, ...rest) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, how, ...rest) : ts.createSourceFile(path, text, how);
  };
  const program = ts.createProgram([...files.keys()], { ...options, paths, noEmit: true }, host);
  return [...files.keys()].flatMap((path, i) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${programs[i].where}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
};

type Main = (require: (name: string) => object, exports: object) => Promise<void>;
const AsyncFunction = (async () => undefined).constructor as new (...text: string[]) => Main;

/** Runs a block and returns what it logs, line by line. */
const run = async ({ code }: Block): Promise<string[]> => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: false,
    },
  });
  const names = Object.keys(entries).filter((name) => code.includes(`from '${name}'`));
  const modules = new Map(
    await Promise.all(names.map(async (name) => [name, await entries[name].load()] as const)),
  );
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
    lines.push(format(...values));
  });
  try {
    const main = new AsyncFunction('require', 'exports', outputText);
    await main((name) => {
      const module = modules.get(name);
      if (!module) throw new Error(`a page imports ${name}, which is no entry of the package`);
      return module;
    }, {});
  } finally {
    log.mockRestore();
  }
  return lines;
};

const promised = ({ code }: Block): string[] =>
  [...code.matchAll(/^ *console\.log\(.*\);(?: \/\/ (.*))?$/gm)].map(
    (match) => match[1] ?? '(no comment says what)',
  );

describe('the programs of the pages', () => {
  it('compile', () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(compilerErrors()).toEqual([]);
  });

  it.each(programs.map((block) => [block.where, block] as const))(
    '%s runs and prints what it says',
    async (_, block) => {
      expect(await run(block)).toEqual(promised(block));
    },
  );
});
