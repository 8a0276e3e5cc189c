import type { Cell, Comparison } from '../../experiments/compare.js';

const seconds = { sampling: 1, metrics: 1 };

const cell = (solver: string, nfe: number, bits: number, spelling: number): Cell => ({
  problem: 'text',
  solver,
  label: solver,
  nfe,
  calls: { mean: nfe, max: nfe },
  status: 'ok',
  metrics: {
    'bits-per-character': { value: bits, low: bits - 0.034, high: bits + 0.034, floor: 2.51 },
    'bits-gap': { value: bits - 2.5, low: 0, high: bits - 2.466, floor: 0.01 },
    'spelling-accuracy': { value: spelling, low: spelling, high: spelling, floor: 40.25 },
  },
  settings: {},
  seconds,
});

const floor = (value: number, reach: number) => ({
  value,
  low: value - reach,
  high: value + reach,
  standardError: reach / 2,
});

/** A comparison of one problem, two solvers, one of which diverged once. */
export const someComparison = (): Comparison => ({
  cells: [
    cell('bfn', 10, 3.25, 20),
    {
      problem: 'text',
      solver: 'bfn',
      label: 'bfn',
      nfe: 20,
      status: 'diverged',
      message: 'bfn diverged: at t = 0.5',
      metrics: {},
      settings: {},
      seconds,
    },
    { ...cell('bfn-solver2', 10, 1 / 3, 100), callsOfBaseline: { moreThan: 20 } },
    { ...cell('bfn-solver2', 20, 2.5, 30), callsOfBaseline: { calls: 8.25, high: 9.5 } },
  ],
  problems: [
    {
      id: 'text',
      name: 'text',
      parameters: { order: 2, alphabet: 'ab' },
      process: { id: 'bfn-discrete', parameters: {} },
      kernel: 'plain',
      baseline: 'bfn',
      quality: ['bits-gap', 'spelling-accuracy'],
      metrics: {
        'bits-per-character': { unit: 'bits', description: '', floor: floor(2.51, 0.05), truth: 2.5 },
        'bits-gap': { unit: 'bits', description: '', floor: floor(0.01, 0.05) },
        'spelling-accuracy': { unit: '', description: '', floor: floor(40.25, 3) },
      },
    },
  ],
  comparisons: [],
  findings: [],
  slopes: [],
  nfe: [10, 20],
  samples: 100,
  repeats: 2,
  seed: 7,
  settings: {},
  tags: [],
});
