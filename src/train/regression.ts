import type { Batch } from '../array/batch.js';
import type { ContinuousFlow } from '../bfn/flow.js';
import { conversions, scaled } from '../denoiser/conversions.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { Process } from '../process/process.js';
import { type Objective, anItem, noisedStates, stepOf } from './objective.js';

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

/** `weight ||target - y||² + constant` is the cost of y, of which `x_0 = state x + network y`; the target is `signal x_0 + noise eps`. */
interface Question {
  readonly weight: number;
  /** Of x_0 squared, where the network has no say. */
  readonly constant: number;
  readonly signal: number;
  readonly noise: number;
  readonly bounds: readonly [state: number, unit: number];
}

const question = (
  { moment, weight }: Place,
  { predicts, sigmaData = NaN }: RegressionOptions,
  tMin: number,
): Question => {
  if (predicts === 'noise' && (moment.time < tMin || moment.alpha === 0)) {
    return { weight: 0, constant: weight, signal: 0, noise: 0, bounds: [0, 0] };
  }
  const { alpha, sigma } = moment;
  const { state, network } = conversions[predicts](moment, sigmaData);
  return {
    weight: weight * network ** 2,
    constant: 0,
    signal: (1 - state * alpha) / network,
    noise: (-state * sigma) / network,
    bounds: [-state / network, 1 / Math.abs(network)],
  };
};

/** The objective of questions at places: a regression on the network's own guise of the data, in which no digits are lost at either end of time. */
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
    const wanted = new Float32Array(n * size);
    const constants = new Float64Array(n);
    questions.forEach(({ signal, noise: ofNoise, constant }, i) => {
      for (let j = i * size; j < (i + 1) * size; j++) {
        wanted[j] = signal * x0[j] + ofNoise * noise[j];
        constants[i] += constant * x0[j] ** 2;
      }
    });
    const axes = shape.length;
    const moments = places.map(({ moment }) => moment);
    const state = { shape: data.shape, data: noisedStates(x0, noise, moments) };
    const shown = { shape: data.shape, data: new Float32Array(n * size) };
    if (input === 'scaled') scaled(state, moments, sigmaData, shown);
    return {
      state,
      ...(input === 'scaled' && { shown }),
      time: anItem(
        places.map(({ moment }) => moment.time),
        0,
      ),
      target: { shape: data.shape, data: wanted },
      weight: anItem(
        questions.map(({ weight }) => weight),
        axes,
      ),
      constant: anItem(constants, 0),
      ...(clip && {
        centre: anItem(
          questions.map(({ bounds }) => bounds[0]),
          axes,
        ),
        reach: anItem(
          questions.map(({ bounds }) => bounds[1]),
          axes,
        ),
      }),
    };
  },
  input: (_tf, { state, shown }) => shown ?? state,
  loss(tf, output, { state, target: wanted, weight, constant, centre, reach }) {
    const bound = (): typeof output => {
      const middle = tf.mul(state, centre);
      return tf.minimum(
        tf.maximum(tf.reshape(output, wanted.shape), tf.sub(middle, reach)),
        tf.add(middle, reach),
      );
    };
    const errors = tf.mul(
      weight,
      tf.squaredDifference(clip ? bound() : tf.reshape(output, wanted.shape), wanted),
    );
    const n = wanted.shape[0];
    return tf.div(tf.add(tf.sum(errors), tf.sum(constant)), n);
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
