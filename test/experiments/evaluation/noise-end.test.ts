import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../experiments/evaluation/evaluate.js';
import { spreadItems } from '../../../experiments/evaluation/references.js';
import { solver } from '../../../solvers/index.js';
import { loadTfjs } from '../../../src/array/tfjs.js';
import type { ContinuousFlow } from '../../../src/bfn/flow.js';
import type { Denoiser } from '../../../src/plan/denoiser.js';
import { sample } from '../../../src/plan/sample.js';
import { readConfig } from '../../../src/train/config.js';
import { runTraining } from '../../../src/train/run.js';
import { taskOf } from '../../../src/train/task.js';
import { openTrained } from '../../../src/train/trained.js';
import { trainer } from '../../../src/train/trainer.js';
import { ownFolder, tinyConfigs } from '../../train/tiny-trainings.js';

const place = ownFolder();
const all = 10_000;

/** What a sampling predicts first, where the solver `bfn` starts: alpha = sigma = 0. */
const firstPrediction = async (flow: ContinuousFlow, denoiser: Denoiser): Promise<Float64Array> => {
  const seen: Float64Array[] = [];
  const watched: Denoiser = {
    ...denoiser,
    predict: async (x, moments, out) => {
      const prediction = await denoiser.predict(x, moments, out);
      const [{ alpha, sigma }] = moments;
      if (alpha === 0 && sigma === 0) seen.push(Float64Array.from(prediction.data));
      return prediction;
    },
  };
  const plan = solver('bfn').plan(flow.process, { nfe: 3 });
  const { data } = await sample({ plan, denoiser: watched, start: 'prior', samples: 1, seed: 1 });
  expect(data.every(Number.isFinite)).toBe(true);
  expect(seen).toHaveLength(1);
  return seen[0];
};

describe('at BFN time 0 a trained network of continuous data predicts the same in training, evaluation and sampling', () => {
  it.each(['noise', 'data', 'velocity', 'flow-velocity', 'edm'])('by its %s', async (predicts) => {
    const config = readConfig({
      ...tinyConfigs.continuous,
      ...{ data: { id: 'digits', side: 2 }, predicts, loss: { clip: true } },
    });
    const task = await taskOf(config);
    const { dataset, architecture, train, valid } = task;
    const folder = join(place.folder, predicts);
    const tfjs = await loadTfjs('cpu');
    const state = await runTraining({ config, task, tfjs, folder });

    // the 1-step loss asks at time 0 only, where the state is known: nothing in it is random
    const { objective } = await taskOf({ ...config, loss: { steps: 1, clip: true } });
    const { batch, steps, optimiser, seed } = config;
    const asked = { tfjs, architecture, objective, items: train, batch, steps, optimiser, seed, state };
    const { validate, dispose } = trainer(asked);
    const trained = await validate(valid, valid.count);
    dispose();

    const network = await openTrained(folder);
    const { bounds } = await evaluate({ network, dataset, part: 'valid', items: all, steps: [1] });
    expect(bounds[1].transmission.nats.value / trained).toBeCloseTo(1, 5);

    const flow = network.flow as ContinuousFlow;
    const first = await firstPrediction(flow, network.denoiser);
    const items = Float64Array.from(spreadItems(dataset.valid, all).data);
    const squares = items.reduce((sum, value, i) => sum + (value - first[i % first.length]) ** 2, 0);
    const cost = ((flow.errorWeight / 2) * flow.schedule.step(1, 1) * squares) / valid.count;
    expect(cost / trained).toBeCloseTo(1, 5);
    await network.release();
  });
});
