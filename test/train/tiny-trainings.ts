import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { loadTfjs } from '../../src/array/tfjs.js';
import { type WrittenConfig, readConfig } from '../../src/train/config.js';
import { runTraining } from '../../src/train/run.js';
import { taskOf } from '../../src/train/task.js';

/** A folder of the test file's own. */
export const ownFolder = (): { readonly folder: string } => {
  const place = { folder: '' };
  beforeAll(async () => void (place.folder = await mkdtemp(join(tmpdir(), 'bfn-train-'))));
  afterAll(() => rm(place.folder, { recursive: true, force: true }));
  return place;
};

const common = { batch: 8, steps: 4, optimiser: { rate: 0.02, average: 0.5 }, validation: { items: 8 } };
const mlp = { id: 'mlp', width: 8, depth: 1 };

/** Trainings of all kinds of data that take a moment on any backend. */
export const tinyConfigs = {
  continuous: {
    ...{ name: 'continuous', data: 'digits', flow: { kind: 'continuous' }, network: mlp, predicts: 'edm' },
    ...common,
  },
  discretised: {
    ...{ name: 'discretised', data: 'digits', flow: { kind: 'discretised', bins: 16 }, network: mlp },
    ...{ predicts: 'noise', ...common },
  },
  binary: {
    ...{ name: 'binary', data: { id: 'digits', binarise: 'dynamic' }, flow: { kind: 'discrete', beta1: 3 } },
    ...{ network: mlp, predicts: 'binary-logit', ...common },
  },
  text: {
    ...{ name: 'text', data: { id: 'text', source: 'tinyshakespeare', length: 6 } },
    ...{ flow: { kind: 'discrete', beta1: 0.75 }, predicts: 'logits' },
    ...{ network: { id: 'transformer', width: 8, depth: 1, heads: 2 }, ...common },
  },
  diffusion: {
    ...{ name: 'diffusion', data: 'digits', process: 'vp-linear', network: mlp, predicts: 'noise' },
    ...common,
  },
} satisfies Record<string, WrittenConfig>;

/** Trains one of them on the plain backend. */
export const trainTiny = async (kind: keyof typeof tinyConfigs, folder: string): Promise<void> => {
  const config = readConfig(tinyConfigs[kind]);
  const tfjs = await loadTfjs('cpu');
  await runTraining({ config, task: await taskOf(config), tfjs, folder });
  tfjs.release();
};
