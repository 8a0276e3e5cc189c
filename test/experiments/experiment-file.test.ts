import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkExperiment } from '../../experiments/compare.js';
import { libraryNames, loadExperiment, parseExperiment } from '../../experiments/experiment-file.js';
import type { Experiment } from '../../experiments/experiment.js';
import { prepare } from '../../experiments/study.js';
import { lastSteps } from '../../solvers/solver.js';
import { UsageError, UsageErrors } from '../../src/errors.js';

const experiments: fc.Arbitrary<Experiment> = fc.record(
  {
    name: fc.constantFrom('a', 'two words', 'null', '1e3'),
    problems: fc.uniqueArray(fc.constantFrom('text:order=3', 'digits', 'simplex-3'), { minLength: 1 }),
    solvers: fc.array(
      fc.oneof(
        fc.constantFrom('bfn', 'ddim'),
        fc.record(
          {
            solver: fc.constantFrom('bfn', 'sde-dpm-solver++2m'),
            label: fc.constantFrom('x: y', '# z', '0.5'),
            settings: fc.record(
              {
                grid: fc.constantFrom('karras:rho=5', { id: 'power', parameters: { rho: 3 } }),
                lastStep: fc.constantFrom(...lastSteps),
                etaSde: fc.oneof(
                  fc.double({ min: 0, max: 1 }).map((value) => value + 0), // YAML, as JSON, has no -0
                  fc.constant({ value: 1, from: -2, to: 1.5 }),
                ),
                reference: fc.constantFrom('covariance', 'low-rank:rank=4'),
                tolerance: fc.constantFrom({ relative: 0.1 }, { absolute: 0.01, relative: 0 }),
                threshold: fc.constantFrom('quantile=0.9', 'maximum=2', { quantile: 0.5 }),
                answer: fc.constantFrom('mode' as const, 'draw' as const),
                startUp: fc.constantFrom('ramp' as const, 'full-order' as const),
                start: fc.constantFrom('prior-step' as const, 'zero-mean' as const),
                guidance: fc.constant(1),
                clip: fc.constant([-1, 1] as const),
                draw: fc.boolean(),
              },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: ['solver'] },
        ),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    nfe: fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 }),
    samples: fc.integer({ min: 3, max: 1e9 }),
    repeats: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
    metrics: fc.constantFrom(['bits-gap', 'energy-distance'], ['default', 'recall']),
    distanceToReference: fc.boolean(),
    tags: fc.constant(['a', 'b']),
  },
  { requiredKeys: ['problems', 'nfe', 'samples'] },
);

/** The lines that a text is refused with. */
const mistakesOf = async (text: string): Promise<readonly string[]> => {
  try {
    await parseExperiment(text, 'e.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageErrors);
    return (error as UsageErrors).mistakes;
  }
  return [];
};

describe('an experiment', () => {
  it('is the same as an object, as JSON and as YAML', async () => {
    await fc.assert(
      fc.asyncProperty(experiments, async (experiment) => {
        const checked = checkExperiment(experiment);
        expect(await parseExperiment(JSON.stringify(experiment, null, '\t'), 'e.json')).toEqual(checked);
        expect(await parseExperiment(stringify(experiment), 'e.yaml')).toEqual(checked);
        expect(checkExperiment(checked)).toEqual(checked); // a checked one is one
      }),
      { numRuns: 40 },
    );
  });

  it('has its defaults filled in', async () => {
    expect(await parseExperiment('{ problems: [digits], nfe: [5], samples: 3 }', '')).toEqual({
      problems: [{ id: 'digits', parameters: {} }],
      nfe: [5],
      samples: 3,
      repeats: 1,
      seed: 1,
      settings: {},
      tags: [],
    });
  });
});

describe('mistakes are told all at once, each with line, path and what is accepted', () => {
  const text = `problems: [simplex-3]
nfe: [5, 0, 5]
solvers:
  - bfn
  - solver: bnf
  - solver: ddim
    settings:
      lastStep: drop
      gird: uniform
      clip: [1, -1]
  - settings: {}
samples: many
smaples: 5
`;
  const expected: readonly RegExp[] = [
    /^e\.yaml:2: nfe\[1\] is 0; it must be a whole number from 1 to 100000$/,
    /^e\.yaml:2: nfe: NFE 5 is listed twice$/,
    /^e\.yaml:5: solvers\[1\]\.solver: unknown solver "bnf"; there are: bfn, /,
    /^e\.yaml:8: solvers\[2\]\.settings\.lastStep is "drop"; it must be one of stop, predict, predict-at-end$/,
    /^e\.yaml:9: solvers\[2\]\.settings: unknown key "gird"; accepted are grid, reference, lastStep, /,
    /^e\.yaml:10: solvers\[2\]\.settings\.clip: clip takes two numbers, the lower first$/,
    /^e\.yaml:11: solvers\[3\]\.solver is missing$/,
    /^e\.yaml:12: samples is "many"; it must be a whole number from 3$/,
    /^e\.yaml:13: unknown key "smaples"; accepted are name, description, tags, problems, solvers, nfe, samples, /,
  ];

  it.each(expected)('%s', async (line) => {
    const mistakes = await mistakesOf(text);
    expect(mistakes).toHaveLength(expected.length);
    expect(mistakes.filter((mistake) => line.test(mistake))).toHaveLength(1);
  });

  it.each([
    ['', /^e\.yaml:1: the experiment is null; it must be an experiment: problems, solvers/],
    [
      '[1, 2]',
      /^e\.yaml:1: the experiment is \[1,2\]; it must be an experiment: problems, solvers, nfe, samples$/,
    ],
    ['settings: [karras]', /settings is \["karras"\]; it must be settings by name/],
    ['problems: [simplex-3]\nproblems: [text]', /^e\.yaml:2: Map keys must be unique/],
    ['{ "problems": [\n "text"', /^e\.yaml:2: Flow sequence .* must .* end with a \]/],
    ['a: &x [*x, *y]', /y/],
    ['__proto__: { samples: 5 }', /unknown key "__proto__"/],
    [
      'problems: [{ id: simplex-3, parameters: 5 }]',
      /problems\[0\]\.parameters is 5; it must be values by name/,
    ],
    ['problems: [text:ordr=3]', /problems\[0\]: problem "text" has no parameter "ordr"; it takes order/],
    ['settings: { grid: karra }', /settings\.grid: unknown grid "karra"; there are: uniform/],
    ['settings: { etaSde: 2 }', /settings\.etaSde: etaSde is 2; it must be in \[0, 1\]/],
    ['settings: { etaSde: { value: 1, to: 2 } }', /settings\.etaSde\.from is missing/],
    ['settings: { etaSde: { value: 1, from: 2, to: 1 } }', /settings\.etaSde: etaSde is on 2 to 1/],
    ['settings: { etaSde: much }', /settings\.etaSde is "much"; it must be a number/],
    [
      'settings: { tolerance: { rtol: 1 } }',
      /settings\.tolerance: unknown key "rtol"; accepted are absolute, relative/,
    ],
    [
      'settings: { reference: cosines }',
      /settings\.reference: unknown reference "cosines"; there are: covariance/,
    ],
    ['settings: { threshold: high=1 }', /settings\.threshold: threshold "dynamic" has no parameter "high"/],
    ['metrics: [defaults]', /metrics\[0\]: unknown metric "defaults"/],
    ['settings: { etaSde: .inf }', /settings\.etaSde is null; it must be a finite number/],
  ])('%j', async (broken, says) => {
    const refused = parseExperiment(broken, 'e.yaml');
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
  });

  it('from code, by path alone', () => {
    const wrong = { problems: ['simplex-3'], nfe: [5], samples: 0 };
    expect(() => checkExperiment(wrong)).toThrow(/^samples is 0; it must be a whole number from 3$/);
  });
});

describe('the experiments that ship with the package', async () => {
  const names = await libraryNames();

  it('are those of the paper and the ablations', () => {
    expect(names).toEqual([
      ...['eta-ablation', 'grid-ablation', 'last-step-ablation', 'order-study', 'paper-images'],
      ...[
        'paper-text',
        'preconditioning',
        'sde-against-ode',
        'start-ablation',
        'start-ablation-text',
        'work-precision',
      ],
    ]);
  });

  // the text is counted and the digits are fitted for each: small ones in their place do for the check of what is written
  it.each(names)('%s fits the problems that it names', async (name) => {
    const experiment = await loadExperiment(name);
    expect(experiment.name).toBe(name);
    const small = experiment.problems.map((problem) =>
      problem.id === 'text'
        ? { id: 'text', parameters: { order: 1, length: 2 } }
        : problem.id === 'digits'
          ? { id: 'digits', parameters: { components: 1 } }
          : problem,
    );
    const { problems } = await prepare({ ...experiment, problems: small });
    for (const { runs } of problems) expect(runs.length).toBeGreaterThanOrEqual(12);
  });
});
