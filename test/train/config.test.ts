import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError, UsageErrors } from '../../src/errors.js';
import { loadConfig, readConfig, writtenConfig } from '../../src/train/config.js';
import { taskOf } from '../../src/train/task.js';
import { ownFolder, tinyConfigs } from './tiny-trainings.js';

const place = ownFolder();
const { data, network, batch, steps } = tinyConfigs.continuous;
const flowless = { name: 'continuous', data, network, predicts: 'noise', batch, steps };
const base = { ...tinyConfigs.continuous, predicts: 'noise' };
const process = { ...flowless, process: 'vp-linear' };
const binary = tinyConfigs.binary;
const discretised = tinyConfigs.discretised;

/** What is said of a description; '' where it is accepted. */
const complaint = async (written: unknown): Promise<string> => {
  try {
    await taskOf(readConfig(written, 'it.yaml'));
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
};

const kinds = 'it must be { kind: continuous | discretised | discrete, ... }';
const guises = 'noise, data, velocity, flow-velocity, edm';

describe('one line says what is wrong with a description, where, and what is accepted', () => {
  const mistakes: readonly (readonly [object | null, string])[] = [
    [null, 'it.yaml: it must be an object that describes a training'],
    [[], 'it.yaml: name is missing; it must be a text'],
    [{ ...base, nam: 1 }, 'it.yaml: unknown key nam; accepted are name, description, data, flow, process, '],
    [{ ...base, optimiser: { rat: 1 } }, 'it.yaml: unknown key optimiser.rat; accepted are rate, betas, '],
    [{ ...base, loss: { n: 1 } }, 'it.yaml: unknown key loss.n; accepted are steps, clip'],
    [{ ...base, validation: { ever: 1 } }, 'it.yaml: unknown key validation.ever; accepted are every, items'],
    [
      { ...base, flow: { kind: 'continuous', beta1: 1 } },
      'it.yaml: unknown key flow.beta1; accepted are kind, sigma1',
    ],
    [
      { ...base, flow: { kind: 'discretised' } },
      'it.yaml: flow.bins is missing; it must be a whole number from 2',
    ],
    [{ ...base, flow: { kind: 'normal' } }, `it.yaml: flow.kind is "normal"; ${kinds}`],
    [{ ...base, flow: {} }, `it.yaml: flow.kind is missing; ${kinds}`],
    [{ ...base, flow: 'continuous' }, `it.yaml: flow is "continuous"; ${kinds}`],
    [
      { ...base, process: 'vp-linear' },
      'it.yaml: it must be given either a flow (of BFN) or a process (of diffusion)',
    ],
    [flowless, 'it.yaml: it must be given either a flow (of BFN) or a process (of diffusion)'],
    [
      { ...base, network: { width: 8 } },
      'it.yaml: network.id is missing; it must be the id of an architecture, or { id, ... }',
    ],
    [{ ...base, data: 5 }, 'it.yaml: data is 5; it must be the id of a data set, or { id, ... }'],
    [{ ...base, batch: '8' }, 'it.yaml: batch is "8"; it must be a whole number from 1'],
    [{ ...base, steps: 1.5 }, 'it.yaml: steps is 1.5; it must be a whole number from 1'],
    [{ ...base, seed: -1 }, 'it.yaml: seed is -1; it must be a whole number from 0'],
    [{ ...base, optimiser: { rate: NaN } }, 'it.yaml: optimiser.rate is NaN; it must be a number'],
    [
      { ...base, optimiser: { betas: [0.9, 1] } },
      'it.yaml: optimiser.betas.1 is 1; it must be a number from 0 to below 1',
    ],
    [{ ...base, optimiser: 3 }, 'it.yaml: optimiser is 3; it must be options of the optimiser'],
    [
      { ...base, name: 'My net' },
      'it.yaml: name is "My net"; it must be a name in small letters, digits and hyphens',
    ],
    [
      { ...base, predicts: 'score' },
      'it.yaml: predicts is "score"; it must be one of noise, data, velocity, ',
    ],
    [{ ...base, loss: { clip: 'yes' } }, 'it.yaml: loss.clip is "yes"; it must be true or false'],

    [
      { ...base, predicts: 'logits' },
      `training "continuous": predicts is logits; accepted for continuous here are ${guises}`,
    ],
    [
      { ...discretised, predicts: 'edm' },
      'training "discretised": predicts is edm; accepted for discretised here are noise',
    ],
    [
      { ...binary, predicts: 'noise' },
      'training "binary": predicts is noise; accepted for discrete here are binary-logit, logits',
    ],
    [
      { ...base, flow: binary.flow },
      'training "continuous": the data "digits" are values; accepted is a continuous or ',
    ],
    [
      { ...base, data: binary.data },
      'training "continuous": the data "digits" are binary; accepted is a discrete flow',
    ],
    [
      { ...base, batch: 1618 },
      'training "continuous": a batch is 1618 items and the data have 1617; accepted are at most these',
    ],
    [
      { ...base, network: { ...base.network, dimension: 60 } },
      'training "continuous": the network mlp takes [60] and gives [60]; the data need 64 numbers in and 64 out',
    ],
    [
      { ...binary, predicts: 'logits' },
      'training "binary": the network mlp takes [64] and gives [64]; the data need 128 numbers in and 128 out',
    ],
    [{ ...base, network: 'mlp' }, 'architecture "mlp" needs width: width of the hidden layers'],
    [{ ...process, process: 'vp' }, 'unknown process "vp"; there are: bfn-continuous, '],
    [{ ...base, data: { id: 'digits', sid: 4 } }, 'dataset "digits" has no parameter "sid"; it takes '],
    [
      { ...process, loss: { steps: 5 } },
      'training "continuous": loss.steps is for flows; accepted for a process is none',
    ],
    [
      { ...process, loss: { clip: true } },
      'training "continuous": loss.clip is for continuous flows; accepted for a process is none',
    ],
    [
      { ...discretised, input: 'scaled' },
      'training "discretised": input is for continuous flows and processes; accepted for a discretised flow is none',
    ],
    [
      { ...base, sigmaData: 0.5 },
      'training "continuous": sigmaData is for predicts: edm and input: scaled; accepted is none for ',
    ],
  ];
  it.each(mistakes)('%j', async (written, says) => {
    const [line] = (await complaint(written)).split('\n');
    expect(line.slice(0, says.length)).toBe(says);
  });

  it('as many lines as there are mistakes', async () => {
    const lines = (await complaint({ ...base, batch: 0, step: 4, optimiser: { rate: -1 } })).split('\n');
    expect(lines.map((line) => /^it\.yaml: (?:unknown key )?([\w.]+)/.exec(line)?.[1])).toEqual([
      ...['batch', 'optimiser.rate', 'step'],
    ]);
  });

  it('no key is passed over, wherever it stands', async () => {
    const parents = fc.constantFrom('', 'flow', 'loss', 'optimiser', 'validation', 'network', 'data');
    const key = fc.stringMatching(/^[a-z]{3,8}$/).map((word) => `x${word}`);
    await fc.assert(
      fc.asyncProperty(parents, key, async (parent, added) => {
        const full = { ...base, data: { id: 'digits' }, loss: {}, optimiser: {}, validation: {} };
        const inner = (full as Record<string, unknown>)[parent] as object | undefined;
        const written = inner ? { ...full, [parent]: { ...inner, [added]: 1 } } : { ...full, [added]: 1 };
        const said = await complaint(written);
        expect(said).toContain(added);
        expect(said).toMatch(/accepted are|it takes/);
        expect(said).not.toContain('\n');
      }),
      { numRuns: 40 },
    );
  });
});

describe('a description', () => {
  it.each(Object.entries(tinyConfigs))(
    'of %s data is read, and written so that it is read the same',
    async (_kind, written) => {
      expect(await complaint(written)).toBe('');
      const config = readConfig(written);
      expect(readConfig(JSON.parse(JSON.stringify(writtenConfig(config))))).toEqual(config);
    },
  );

  it('is read from YAML or JSON alike', async () => {
    const file = join(place.folder, 'one.yaml');
    await writeFile(file, JSON.stringify(base));
    expect(await loadConfig(file)).toEqual(readConfig(base));
    const text =
      'name: a\ndata: digits # 8x8\nflow: { kind: continuous }\nnetwork: { id: mlp, width: 8, depth: 1 }\npredicts: noise\nbatch: 8\nsteps: 4\n';
    await writeFile(file, text);
    expect((await loadConfig(file)).network).toEqual({ id: 'mlp', parameters: { width: 8, depth: 1 } });
  });

  it.each([
    ['name: [', /broken\.yaml: /],
    ['name: a\nname: b\n', /broken\.yaml: Map keys must be unique/],
    ['', /broken\.yaml: it must be an object that describes a training/],
    ['just words', /broken\.yaml: it must be an object/],
  ])('that is not one is told in lines that name the file: %j', async (content, says) => {
    const file = join(place.folder, 'broken.yaml');
    await writeFile(file, content);
    const error = await loadConfig(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageErrors);
    const { mistakes } = error as UsageErrors;
    expect(mistakes[0]).toMatch(says);
    for (const line of mistakes) expect(line).toMatch(/^\S*broken\.yaml: [^\n]+$/);
  });

  it('that is not there is told with its path', async () => {
    await expect(loadConfig(join(place.folder, 'none.yaml'))).rejects.toThrow(
      /cannot read \S*none\.yaml: ENOENT/,
    );
  });
});
