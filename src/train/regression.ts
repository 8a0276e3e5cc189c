import type { Batch } from '../array/batch.js';
import type { ContinuousFlow } from '../bfn/flow.js';
import { conversions, scaled } from '../denoiser/conversions.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { Process } from '../process/process.js';
import { type Feed, type Objective, anItem, noisedStates, stepOf } from './objective.js';

/** The guises of a prediction that a network can be trained to give: those whose answer is known while the noise is. */
export type Guise = keyof typeof conversions;

/** Where an item is shown, and what an error of the predicted data costs there. */
interface Place {
  readonly moment: Moment;
  readonly weight: number;
}

export interface RegressionOptions {
  readonly predicts: Guise;
  /** What the network sees, as in `AdapterOptions`: 'scaled' for edm, else 'state', unless told. */
  readonly input?: 'state' | 'scaled';
  /** The standard deviation of a number of the data, for 'edm' and 'scaled'. */
  readonly sigmaData?: number;
}

export interface FlowRegressionOptions extends RegressionOptions {
  /** n of the n-step loss; the continuous-time loss where there is none. */
  readonly steps?: number;
  /** Below this BFN time a network of noise has no say and the data are predicted as 0; 1e-6, as the original code. */
  readonly tMin?: number;
  /** The prediction is kept in [-1, 1] inside the loss, so that there is no gradient where it is outside, as the original code has it. Default false. */
  readonly clip?: boolean;
}

/**
 * What is asked of the network's y at a place: `x_hat - x_0 = network (y - target)` with the target `signal x_0 + noise eps`, in which no digits are
 * lost at either end of time, costs `weight ||x_hat - x_0||²`; `unknown` is what ||x_0||² costs where y says nothing of the data.
 */
interface Question {
  readonly weight: number;
  readonly unknown: number;
  readonly network: number;
  readonly signal: number;
  readonly noise: number;
}

/** Where y says nothing of the data, they are predicted as 0, as the original code has it of noise, and `conversionAt` of all where alpha = sigma = 0. */
const question = (
  { moment, weight }: Place,
  { predicts, sigmaData = NaN }: RegressionOptions,
  tMin: number,
): Question => {
  const { state, network } = conversions[predicts](moment, sigmaData);
  if (!Number.isFinite(state) || !Number.isFinite(network) || (predicts === 'noise' && moment.time < tMin)) {
    return { weight: 0, unknown: weight, network: 0, signal: 0, noise: 0 };
  }
  const { alpha, sigma } = moment;
  return {
    weight,
    unknown: 0,
    network,
    signal: (1 - state * alpha) / network,
    noise: (-state * sigma) / network,
  };
};

/** The objective of questions at places: a regression on the network's own guise of the data. */
const regression = (
  {
    id,
    unit,
    target,
    placeOf,
    tMin,
    clip,
  }: {
    readonly id: string;
    readonly unit: Objective['unit'];
    readonly target: (data: Batch) => ArrayLike<number>;
    readonly placeOf: (place: number, size: number) => Place;
    readonly tMin: number;
    readonly clip: boolean;
  },
  options: RegressionOptions,
): Objective => ({
  id,
  unit,
  feeds(data, draw) {
    const { predicts, input = predicts === 'edm' ? 'scaled' : 'state', sigmaData = NaN } = options;
    const [n, ...shape] = data.shape;
    const size = data.data.length / n;
    const places = Array.from(draw.places, (place) => placeOf(place, size));
    const questions = places.map((place) => question(place, options, tMin));
    const x0 = target(data);
    const noise = draw.normals(1, size);
    const [wanted, low, high] = Array.from({ length: 3 }, () => new Float32Array(n * size));
    const unknown = new Float64Array(n);
    questions.forEach((asked, i) => {
      for (let j = i * size; j < (i + 1) * size; j++) {
        wanted[j] = asked.signal * x0[j] + asked.noise * noise[j];
        [low[j], high[j]] = [-1 - x0[j], 1 - x0[j]];
        unknown[i] += asked.unknown * x0[j] ** 2;
      }
    });
    const of = (values: Float32Array): Feed => ({ shape: data.shape, data: values });
    const each = (name: 'weight' | 'network'): Feed =>
      anItem(
        questions.map((asked) => asked[name]),
        shape.length,
      );
    const moments = places.map(({ moment }) => moment);
    const state = of(noisedStates(x0, noise, moments));
    const shown = of(new Float32Array(n * size));
    if (input === 'scaled') scaled(state, moments, sigmaData, shown);
    return {
      time: anItem(
        moments.map(({ time }) => time),
        0,
      ),
      shown: input === 'scaled' ? shown : state,
      target: of(wanted),
      weight: each('weight'),
      network: each('network'),
      unknown: anItem(unknown, 0),
      ...(clip && { low: of(low), high: of(high) }),
    };
  },
  input: (_tf, { shown }) => shown,
  loss(tf, output, { target: wanted, weight, network, unknown, low, high }) {
    const free = tf.mul(network, tf.sub(tf.reshape(output, wanted.shape), wanted));
    const error = clip ? tf.minimum(tf.maximum(free, low), high) : free;
    const costs = tf.mul(weight, tf.square(error));
    return tf.div(tf.add(tf.sum(costs), tf.sum(unknown)), wanted.shape[0]);
  },
});

/** The losses of continuous data. (Graves et al. 2023, section 4; losses.ts has them for any denoiser) */
export const flowRegression = (
  flow: ContinuousFlow,
  { steps, tMin = 1e-6, clip = false, ...options }: FlowRegressionOptions,
): Objective =>
  regression(
    {
      id: steps === undefined ? 'continuous-time' : 'discrete-time',
      unit: 'nats',
      target: (data) => flow.embed(data).data,
      placeOf: (place) => {
        if (steps === undefined) {
          return { moment: flow.moment(place), weight: (flow.errorWeight / 2) * flow.schedule.rate(place) };
        }
        const step = stepOf(place, steps);
        return {
          moment: flow.moment((step - 1) / steps),
          weight: (steps * flow.schedule.step(step, steps)) / 2,
        };
      },
      tMin,
      clip,
    },
    options,
  );

/**
 * The loss of diffusion models on any process: the mean squared error of the network's guise a number, at times uniform over the process.
 * (Ho et al. 2020, equation 14, for noise; Salimans and Ho 2022 for data and velocity)
 */
export const diffusionRegression = (process: Process, options: RegressionOptions): Objective => {
  if (process.classes !== undefined) {
    throw new UsageError(
      `process "${process.id}" is of classes; accepted are processes of values, or a flow of classes`,
    );
  }
  const { dataEnd, noiseEnd, smallestTime = dataEnd } = process;
  return regression(
    {
      id: 'diffusion',
      unit: 'mean squared error',
      target: ({ data }) => data,
      placeOf: (place, size) => {
        const t = smallestTime + (noiseEnd - smallestTime) * place;
        const moment = { t, alpha: process.alpha(t), sigma: process.sigma(t), time: process.networkTime(t) };
        const { network } = conversions[options.predicts](moment, options.sigmaData ?? NaN);
        return { moment, weight: 1 / (size * network ** 2) };
      },
      tMin: -Infinity,
      clip: false,
    },
    options,
  );
};
