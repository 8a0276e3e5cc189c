import { elements, samplesOf, zeros, type Batch } from '../array/batch.js';
import { DivergedError, UsageError, requireWhole } from '../errors.js';
import type { Denoiser, Moment } from '../plan/denoiser.js';
import type { RandomStream } from '../random/index.js';
import { stateOf, type Cost, type Draw, type Item } from './costs.js';
import type { BayesianFlow } from './flow.js';
import type { DistributionDenoiser } from './output.js';

/** An evaluation of a cost that is asked for: of which item, at which draw. */
export interface Evaluation {
  readonly item: number;
  readonly draw: Draw;
}

const isDistribution = (denoiser: Denoiser | DistributionDenoiser): denoiser is DistributionDenoiser =>
  'logProbabilities' in denoiser;

/** What the cost is computed from, a batch of whole items. */
const outputs = (
  flow: BayesianFlow,
  denoiser: Denoiser | DistributionDenoiser,
  from: Cost['from'],
): ((x: Batch, moments: readonly Moment[]) => Batch | Promise<Batch>) => {
  if (from === 'prediction') return (x, moments) => denoiser.predict(x, moments);
  if (isDistribution(denoiser)) return (x, moments) => denoiser.logProbabilities(x, moments);
  if (flow.kind !== 'discrete') {
    throw new UsageError(
      `this loss of ${flow.kind} data needs the whole output distribution; accepted is a denoiser with logProbabilities`,
    );
  }
  const { classes } = flow;
  return async (x, moments) => {
    const { shape, data } = await denoiser.predict(x, moments);
    // what rounding made negative counts as 0; NaN stays
    return { shape, data: Float64Array.from(data, (y) => Math.log(Math.max((y + 1) / classes, 0))) };
  };
};

/** The items of a batch. Throws a `UsageError` for data that the flow or the denoiser can't take. */
export const itemsOf = (
  flow: BayesianFlow,
  denoiser: Pick<Denoiser, 'sampleShape'>,
  data: Batch,
): readonly Item[] => {
  const [count, ...shape] = data.shape;
  if (!(count >= 1) || data.data.length !== elements(data.shape)) {
    throw new UsageError(
      `the data have shape [${data.shape.join(', ')}] and ${data.data.length} numbers; accepted is [n, ...] with n from 1`,
    );
  }
  const wanted = flow.kind === 'discrete' ? [...shape, flow.classes] : shape;
  if (wanted.join() !== denoiser.sampleShape.join()) {
    throw new UsageError(
      `${flow.kind} data of shape [${shape.join(', ')}] have states [${wanted.join(', ')}], ` +
        `and the denoiser takes [${denoiser.sampleShape.join(', ')}]; accepted are the same`,
    );
  }
  const targets = flow.embed(data);
  return Array.from({ length: count }, (_, i) => ({
    x: Float64Array.from(samplesOf(data, i, i + 1).data),
    target: samplesOf(targets, i, i + 1).data as Float64Array,
  }));
};

/** The costs of evaluations, in their order, nats. Throws a `DivergedError` for an output or a cost that is not finite. */
export const costsOf = async (
  flow: BayesianFlow,
  denoiser: Denoiser | DistributionDenoiser,
  cost: Cost,
  items: readonly Item[],
  evaluations: Iterable<Evaluation>,
  chunk: number,
): Promise<Float64Array> => {
  requireWhole('chunk', chunk, 1);
  const output = outputs(flow, denoiser, cost.from);
  const results: number[] = [];
  const pending: Evaluation[] = [];
  const flush = async (): Promise<void> => {
    const states = zeros([pending.length, ...denoiser.sampleShape], 'float64');
    pending.forEach(({ item, draw }, i) =>
      samplesOf(states, i, i + 1).data.set(stateOf(flow, items[item].target, draw)),
    );
    const moments = pending.map(({ draw }) => flow.moment(draw.tau));
    const answer = await output(states, moments);
    const size = answer.data.length / pending.length;
    pending.forEach(({ item, draw }, i) => {
      const own = answer.data.subarray(i * size, (i + 1) * size);
      const state = samplesOf(states, i, i + 1).data;
      const { loss } = cost.of(items[item], draw, own, state);
      if (!Number.isFinite(loss)) {
        const lost = cost.from === 'log-probabilities' && !isDistribution(denoiser);
        const hint = lost
          ? ' (a probability rounded to 0 in the prediction; logProbabilities would keep it)'
          : '';
        const what = own.some(Number.isNaN) ? 'the prediction is NaN' : `the loss is ${loss}${hint}`;
        throw new DivergedError('loss', results.length + 1, moments[i].t, `${what} for item ${item}`);
      }
      results.push(loss);
    });
    pending.length = 0;
  };
  for (const evaluation of evaluations) {
    pending.push(evaluation);
    if (pending.length === chunk) await flush();
  }
  if (pending.length > 0) await flush();
  return Float64Array.from(results);
};

/** `draws` evaluations an item, item by item: the numbers of the stream go to the same evaluations whatever the chunk. */
export function* randomDraws(
  flow: BayesianFlow,
  items: readonly Item[],
  draws: number,
  stream: RandomStream,
  cost: Cost,
  place: (stream: RandomStream) => Pick<Draw, 'tau' | 'step'>,
): Generator<Evaluation> {
  for (let item = 0; item < items.length; item++) {
    const size = items[item].target.length;
    const normals = (): Float64Array => new Float64Array(size).map(() => stream.normal());
    for (let i = 0; i < draws; i++) {
      const at = place(stream);
      const noise = normals();
      yield { item, draw: { ...at, noise, ...(cost.needsSender ? { senderNoise: normals() } : {}) } };
    }
  }
}
