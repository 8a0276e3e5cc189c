import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { bfn, workplace } from './run.js';

const place = workplace();

// [what it is, the command, what the line says]
const mistakes: readonly (readonly [what: string, words: string, says: RegExp])[] = [
  ['an unknown command', 'compair', /unknown command 'compair'/],
  ['an unknown option', 'compare --nef 5', /unknown option '--nef' \(Did you mean --nfe\?\)/],
  ['a word too many', 'compare digits', /too many arguments/],
  [
    'an unknown problem',
    'compare --problem txet',
    /unknown problem "txet"; there are: text, digits, mnist, mixture-1d/,
  ],
  [
    'a parameter that there is not',
    'compare --problem text:ordr=3',
    /no parameter "ordr"; it takes order, length/,
  ],
  [
    'an unknown solver',
    'compare --problem simplex-3 --solvers bnf',
    /unknown solver "bnf"; there are: bfn, /,
  ],
  [
    'no solver',
    'compare --problem simplex-3 --solvers ,',
    /solvers is \[\]; it must be a list of one or more solvers/,
  ],
  ['a solver twice', 'compare --problem simplex-3 --solvers bfn,bfn', /solver bfn is listed twice/],
  ['a problem twice', 'compare --problem simplex-3 simplex-3', /problem simplex-3 is listed twice/],
  ['NFE 0', 'compare --nfe 5,0', /argument '5,0' is invalid\. It must be a whole number from 1/],
  ['negative NFE', 'compare --nfe -5', /whole number from 1/],
  ['half a call', 'compare --nfe 2.5', /whole number from 1/],
  [
    'a huge NFE',
    'compare --problem simplex-3 --nfe 1e9',
    /nfe\[0\] is 1000000000; it must be .* from 1 to 100000/,
  ],
  ['zero samples', 'compare --samples 0', /whole number from 3 to/],
  ['one sample', 'compare --samples 1', /whole number from 3 to/],
  ['too many samples', 'sample --samples 1e12', /whole number from 1 to/],
  ['no thread', 'compare --workers 0', /whole number from 1/],
  [
    'a grid that goes back',
    'compare --problem mixture-1d --solvers bfn-solver1 --nfe 2 --grid explicit:times=[0.5,0.9,0]',
    /explicit grid is not strictly decreasing: 0\.9 comes after 0\.5/,
  ],
  [
    'a grid of the wrong length',
    'sample --problem mixture-1d --nfe 10 --grid explicit:times=[0.9,0.5,0]',
    /explicit grid has 3 times; 10 steps need 11/,
  ],
  ['an unknown grid', 'sample --problem mixture-1d --grid karra', /unknown grid "karra"; there are: uniform/],
  ['eta twice', 'sample --problem mixture-1d --grid karras:eta=0.1 --eta 0.2', /eta is given twice/],
  [
    'sigma1 of 1',
    'compare --problem mixture-1d:sigma1=1',
    /sigma1 = 1 is not accepted; give a number between/,
  ],
  [
    'negative beta1',
    'compare --problem simplex-3:beta1=-1',
    /beta1 = -1 is not accepted; give a number above 0/,
  ],
  ['no probabilities', 'compare --problem simplex-3:probabilities=[0.5,0.6]', /sum to 1/],
  ['too high an order', 'compare --problem text:order=9', /order = 9 .* whole number from 1 to 5/],
  ['a draw from continuous data', 'sample --problem mixture-1d --draw', /draw/],
  [
    'a clip of classes',
    'sample --problem simplex-3 --clip -1,1',
    /clip is for continuous data; .*"simplex-3"/,
  ],
  [
    'clip and threshold',
    'sample --problem mixture-1d --clip -1,1 --threshold quantile=0.9',
    /clip and threshold both keep predictions in range/,
  ],
  ['a threshold without its name', 'sample --threshold 0.9', /give each parameter once, as name=value/],
  ['an answer of vectors', 'sample --problem mixture-1d --answer draw', /one of classes, and bfn-continuous/],
  [
    'an answer drawn from a state',
    'plan bfn-solver2 --process bfn-discrete:classes=3,beta1=1 --answer draw --last-step stop',
    /returns a state: use the last step predict/,
  ],
  ['guidance by nothing', 'sample --problem mixture-1d --guidance 2', /guidance needs something given/],
  [
    'a comparison with what is not known',
    'compare --problem mixture-1d --guidance 2',
    /guidance of scale 2 samples no law that is known/,
  ],
  ['a time without data', 'sample --problem mixture-1d --from-time 0.5', /--from-time needs data: --from/],
  [
    'two starts',
    'sample --problem mixture-1d --from a.csv --start prior',
    /--from and --start are two starts/,
  ],
  ['data that are not there', 'sample --problem mixture-1d --from a.csv', /cannot read samples .* ENOENT/],
  [
    'a time outside the process',
    'sample --problem mixture-1d --from a.csv --from-time 2',
    /--from-time is 2; on bfn-continuous it must be above 0 and up to 1/,
  ],
  ['a clip turned around', 'sample --problem mixture-1d --clip 1,-1', /two numbers, the lower first/],
  [
    'the prior short of the noise end',
    'sample --problem mixture-1d --eta 0.01 --start prior',
    /use eta = 0 or zero-mean/,
  ],
  [
    'an ODE from where there is no noise',
    'sample --problem mixture-1d --solver bfn-solver++2 --eta 0',
    /bfn-solver\+\+2 cannot step from t = 1 on bfn-continuous: .* eta > 0/,
  ],
  ['an unknown last step', 'sample --last-step drop', /stop, predict, predict-at-end/],
  ['an eta for a solver that has none', 'plan ddim --eta-sde 0.5', /ddim does not take etaSde/],
  ['an eta out of range', 'plan sde-dpm-solver++2m --eta-sde 2', /etaSde is 2; it must be in \[0, 1\]/],
  [
    'a reference without a problem',
    'plan unipc-2 --reference covariance',
    /a reference is made of the data of a problem: name one with --problem/,
  ],
  [
    'a reference of discrete data',
    'sample --problem simplex-3 --solver unipc-2 --reference diagonal',
    /"simplex-3" knows no covariance of its data/,
  ],
  [
    'a reference of symbols of data that are none',
    'sample --problem mixture-1d --solver unipc-2-vary --reference symbols',
    /"mixture-1d" knows no symbol frequencies/,
  ],
  [
    'a reference of symbols for a solver that takes none',
    'compare --problem simplex-3 --solvers unipc-2-vary,unipc-2 --reference symbols',
    /unipc-2 takes no reference of symbol frequencies: only exponential Adams/,
  ],
  [
    'no substeps of a reference',
    'sample --problem simplex-3 --solver unipc-2-vary --reference symbols:substeps=0',
    /substeps of the reference is 0; it must be a whole number/,
  ],
  ['an unknown reference', 'sample --reference wishart', /covariance, diagonal, cosine, low-rank/],
  ['an unknown source of noise', 'plan bfn --noise tree', /independent, path/],
  [
    'the plan of an adaptive solver',
    'plan dormand-prince',
    /dormand-prince has no plan: its steps depend on the sample; draw samples with it/,
  ],
  [
    'a tolerance of 0',
    'sample --problem mixture-1d --solver dormand-prince --atol 0',
    /the absolute tolerance is 0; it must be positive/,
  ],
  [
    'a negative tolerance',
    'compare --problem mixture-1d --solvers bfn,dormand-prince --rtol -1',
    /the relative tolerance is -1; it must not be negative/,
  ],
  ['a tolerance that is no number', 'compare --rtol small', /It must be a number/],
  [
    'a tolerance where no solver takes one',
    'compare --problem mixture-1d --solvers bfn,ddim --rtol 0.1',
    /bfn does not take a tolerance: its steps do not depend on the sample/,
  ],
  [
    'a tolerance for a corrector that has none',
    'sample --problem mixture-1d --solver predictor-corrector-langevin --atol 0.1',
    /predictor-corrector-langevin does not take a tolerance/,
  ],
  [
    'a folder below a file',
    'compare --problem simplex-3 --out a-file/results',
    /cannot write to the folder \S*a-file\/results: /,
  ],
  [
    'a file below a file',
    'sample --problem simplex-3 --out a-file/x.csv',
    /cannot write to the folder \S*a-file: /,
  ],
  ['an ending that does not fit', 'sample --problem simplex-3 --out x.png', /ending can be \.csv, \.npy/],
  [
    'a missing network of features',
    'compare --problem simplex-3 --features missing.onnx',
    /cannot read the network missing\.onnx: /,
  ],
  [
    'features in no .onnx file',
    'compare --problem simplex-3 --features a-file',
    /a-file is no network of features; the ending can be \.onnx/,
  ],
  ['a missing module', 'solvers --import missing.mjs', /cannot read the module missing\.mjs: /],
  ['a module that throws', 'solvers --import throws.mjs', /cannot import the module \S*throws\.mjs: one two/],
  ['an unknown process', 'plan bfn --process vp', /unknown process "vp"; there are: bfn-continuous/],
  ['a process file that is none', 'plan bfn --process no-process.json', /no-process\.json is no process/],
  ['a missing plan file', 'plan missing.json', /cannot read missing\.json as JSON/],
  ['a plan file that is no JSON', 'plan broken.json', /cannot read \S*broken\.json as JSON/],
  ['a plan with an undefined register', 'plan undefined.json', /instructions\[0\] reads the register y0/],
  [
    'a plan with a coefficient that is null',
    'plan null.json',
    /instructions\[0\]\.terms\[0\]\[0\] must be a finite/,
  ],
  [
    'a plan with an infinite coefficient',
    'plan infinite.json',
    /instructions\[0\]\.terms\[0\]\[0\] must be a finite/,
  ],
  ['a plan of a billion calls', 'plan billion.json', /nfe must be 0/],
  ['settings beside a plan file', 'plan billion.json --nfe 5', /--nfe does not go with a plan file/],
  [
    'an unknown experiment',
    'compare --experiment eta',
    /there is no experiment "eta"; there are eta-ablation, .*, or give a file that ends in \.yaml/,
  ],
  [
    'a missing experiment file',
    'compare --experiment missing.yaml',
    /cannot read the experiment missing\.yaml/,
  ],
  [
    'an experiment with an unknown key',
    'compare --experiment unknown-key.yaml',
    /unknown-key\.yaml:4: unknown key "smaples"; accepted are name, description/,
  ],
  [
    'an experiment that is no YAML',
    'compare --experiment open.json',
    /open\.json:2: Flow map must end with a \}/,
  ],
  [
    'an experiment without samples that count',
    'compare --experiment no-samples.json',
    /no-samples\.json:4: samples is 0; it must be a whole number from 3/,
  ],
  [
    'a metric that applies to nothing',
    'compare --problem simplex-3 --metrics bits-gap',
    /no metric applies to simplex-3: not bits-gap/,
  ],
  ['an unknown metric', 'compare --metrics beauty', /metrics\[0\]: unknown metric "beauty"; there are: bits/],
  ['a shard beyond the last', 'compare --shard 3/2', /a part and the number of parts, as in 1\/4/],
  ['a folder without a run', 'merge a-file', /a-file is no run folder: it has no manifest\.json/],
  [
    'a report of no run',
    'report missing',
    /cannot read missing\/compare\.json of a run of bfn compare: ENOENT/,
  ],
  ['a report of several with no place', 'report one two', /2 folders make one report; say where with --out/],
  ['two formats', 'compare --json --csv', /--csv.* cannot be used with .*--json/],
];

const planWith = (terms: string, nfe = 0): string => `{
  "solver": "mine", "process": { "id": "ve", "parameters": {} }, "settings": {}, "nfe": ${nfe},
  "start": { "register": "x0", "t": 1, "alpha": 1, "sigma": 1, "time": 1, "atNoiseEnd": true },
  "instructions": [
    { "op": "combine", "into": "x1", "terms": ${terms} },
    { "op": "return", "from": "x1", "alpha": 1, "sigma": 1 }
  ]
}`;

const files: Readonly<Record<string, string>> = {
  'a-file': '',
  'unknown-key.yaml': 'problems: [simplex-3]\nnfe: [5]\nsamples: 10\nsmaples: 10\n',
  'open.json': '{ "problems": ["simplex-3"]\n',
  'no-samples.json': '{\n\t"problems": ["simplex-3"],\n\t"nfe": [5],\n\t"samples": 0\n}\n',
  'throws.mjs': 'throw new Error("one\\ntwo");',
  'no-process.json': '{ "id": "ve", "parameters": null }',
  'broken.json': '{\n"solver":\nnone }',
  'undefined.json': planWith('[[1, "y0"]]'),
  'null.json': planWith('[[null, "x0"]]'),
  'infinite.json': planWith('[[1e999, "x0"]]'),
  'billion.json': planWith('[[1, "x0"]]', 1e9),
};

beforeAll(() =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(place.folder, name), text))),
);

/** Runs a command in this process; words that name a file of the test's folder are made to. */
const run = async (words: string): Promise<{ code: number; stderr: string }> => {
  const lines: string[] = [];
  const take = (text: unknown): boolean => lines.push(`${String(text).trimEnd()}\n`) > 0;
  const spies = [
    vi.spyOn(console, 'error').mockImplementation(take),
    vi.spyOn(process.stderr, 'write').mockImplementation(take),
  ];
  const absolute = (word: string): string =>
    Object.keys(files).some((file) => word.startsWith(file)) ? join(place.folder, word) : word;
  try {
    return { code: await runProgram(words.split(' ').map(absolute)), stderr: lines.join('') };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
};

describe('a mistake is told in one line, with exit code 2', () => {
  it.each(mistakes)('%s: bfn %s', async (_, words, says) => {
    const { code, stderr } = await run(words);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });

  it.concurrent.each(mistakes.filter((_, i) => i % 12 === 0))('%s, in a process', async (_, words, says) => {
    const { code, stdout, stderr } = await bfn(place.folder, ...words.split(' '));
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
  });
});

it('leaves nothing behind', async () => {
  expect((await readdir(place.folder)).sort()).toEqual(Object.keys(files).sort());
});
