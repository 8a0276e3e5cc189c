import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ContinuousFlow,
  type DiscreteFlow,
  type DiscretisedFlow,
  type Head,
  binaryHead,
  continuousAccuracy,
  continuousFlow,
  discreteFlow,
  discretisedFlow,
  discretisedNormalHead,
  lossState,
  softmaxHead,
} from '../../src/bfn/index.js';
import { logRatios } from '../../src/bfn/terms.js';
import { conversions } from '../../src/denoiser/conversions.js';
import type { Moment } from '../../src/plan/denoiser.js';
import type { Process } from '../../src/process/process.js';
import { flowClassification } from '../../src/train/classification.js';
import { flowDiscretised } from '../../src/train/discretised.js';
import { diffusionRegression, flowRegression } from '../../src/train/regression.js';
import { anyContinuousProcess } from '../../src/testing/processes.js';
import { leftBehind, onEveryBackend } from '../array/backends.js';
import { anyContinuousAccuracy, anyDiscreteAccuracy } from '../bfn/helpers.js';
import {
  type Chosen,
  answerOf,
  anyChosen,
  drawAt,
  float32Normals,
  itemOf,
  items,
  lossDrawOf,
  referenceOf,
  unitOf,
  variables,
  weightOf,
} from './answers.js';

const sigmaData = 0.6;
const guises = ['data', 'noise', 'velocity', 'flow-velocity', 'edm'] as const;
type Guise = (typeof guises)[number];
const anyGuise = fc.constantFrom(...guises);

/** A guise of continuous data where it says something of them; else, and of noise below tMin, they are predicted as 0. */
const guiseHead = (predicts: Guise, bound: number): Head => {
  const known = (moment: Moment) => {
    const { state, network } = conversions[predicts](moment, sigmaData);
    const unknown = !Number.isFinite(state + network) || (predicts === 'noise' && moment.time < 1e-6);
    return unknown ? { state: 0, network: 0 } : { state, network };
  };
  const free = (raw: ArrayLike<number>, x: ArrayLike<number>, moment: Moment): Float64Array => {
    const { state, network } = known(moment);
    return Float64Array.from(raw, (y, j) => state * x[j] + network * y);
  };
  return {
    id: predicts,
    outputs: 1,
    apply: (raw, x, moment) => free(raw, x, moment).map((value) => Math.min(Math.max(value, -bound), bound)),
    pullback: (raw, x, moment, gradient) =>
      free(raw, x, moment).map((value, j) =>
        Math.abs(value) < bound ? known(moment).network * gradient[j] : 0,
      ),
  };
};

const values = (seed: number) => ({
  shape: [items, variables],
  data: float32Normals(seed, items * variables).map(Math.tanh),
});
const classesOf = (seed: number, classes: number) => ({
  shape: [items, variables],
  data: float32Normals(seed, items * variables).map((u) => Math.floor(Math.abs(u) * 97) % classes),
});

describe('losses are those of the reference in float64, value and gradient, near both ends of time,', () => {
  onEveryBackend((tfjs) => {
    const unit = unitOf(tfjs);
    const runs = { numRuns: tfjs.backend === 'webgpu' ? 8 : 80 };
    /** That loss and gradient are as near as told: by how much the loss of an item, and a number of its gradient, may be off. */
    const compare = (
      found: Awaited<ReturnType<typeof answerOf>>,
      wanted: ReturnType<typeof referenceOf>,
      slack: readonly { readonly loss: number; readonly gradient: (j: number) => number }[],
    ): void => {
      const sum = (of: (i: number) => number): number =>
        wanted.reduce((total, _, i) => total + of(i) / items, 0);
      const size = found.gradient.length / items;
      wanted.forEach(({ gradient }, i) =>
        gradient.forEach((slope, j) => {
          const off = Math.abs(found.gradient[i * size + j] * items - slope);
          expect(off).toBeLessThanOrEqual(slack[i].gradient(j));
        }),
      );
      expect(Math.abs(found.loss - sum((i) => wanted[i].loss))).toBeLessThanOrEqual(
        sum((i) => slack[i].loss),
      );
    };

    it('of continuous data, whatever guise is predicted', async () => {
      const check = async (flow: ContinuousFlow, chosen: Chosen, predicts: Guise, clip: boolean) => {
        const { seed, steps } = chosen;
        const [data, raw] = [values(seed), float32Normals(seed + 1, items * variables)];
        const objective = flowRegression(flow, {
          predicts,
          sigmaData,
          clip,
          ...(steps !== undefined && { steps }),
        });
        const head = guiseHead(predicts, clip ? 1 : Infinity);
        const found = await answerOf(tfjs, objective, data, drawAt(chosen), raw);
        // x_hat - x_0 is known to a part of what it is made of; where the clip acts, of x_0 and 1
        const slack = Array.from({ length: items }, (_, i) => {
          const [x0, own, weight] = [itemOf(data.data, i), itemOf(raw, i), weightOf(flow, chosen, i)];
          const { state, tau } = lossState(flow, x0, lossDrawOf(flow, chosen, i));
          const at = conversions[predicts](flow.moment(tau), sigmaData);
          const slopes = head.pullback(own, state, flow.moment(tau), new Float64Array(variables).fill(1));
          const predicted = head.apply(own, state, flow.moment(tau));
          const off = (j: number): number =>
            unit *
            (Math.abs(x0[j]) +
              (slopes[j] === 0 ? 1 : Math.abs(at.state * state[j]) + Math.abs(at.network * own[j])));
          const error = (j: number): number => Math.abs(predicted[j] - x0[j]);
          return {
            loss: x0.reduce(
              (sum, _, j) => sum + weight * ((error(j) + off(j)) ** 2 * (1 + unit) - error(j) ** 2),
              0,
            ),
            gradient: (j: number) => 2 * weight * Math.abs(slopes[j]) * (off(j) + unit * error(j)),
          };
        });
        compare(found, referenceOf(flow, head, data, raw, chosen), slack);
      };
      const anyFlow = anyContinuousAccuracy().map(continuousFlow);
      await fc.assert(fc.asyncProperty(anyFlow, anyChosen(), anyGuise, fc.boolean(), check), runs);
    });

    it('of classes, by logits or by the logit of one of two', async () => {
      const check = async (flow: DiscreteFlow, chosen: Chosen, binary: boolean) => {
        const { seed, steps } = chosen;
        const { classes } = flow;
        const head = binary ? binaryHead() : softmaxHead(classes);
        const predicts = binary ? 'binary-logit' : 'logits';
        const data = classesOf(seed, classes);
        const raw = float32Normals(seed + 1, items * variables * head.outputs).map((u) => 2 * u);
        const objective = flowClassification(flow, { predicts, ...(steps !== undefined && { steps }) });
        const found = await answerOf(tfjs, objective, data, drawAt(chosen), raw);
        const slack = Array.from({ length: items }, (_, i) => {
          const draw = lossDrawOf(flow, chosen, i);
          if (draw.loss !== 'discrete-time') {
            // probabilities are known to the unit, and so are their errors
            const most = unit * weightOf(flow, chosen, i) * classes ** 2 * 4;
            return { loss: most * variables, gradient: () => most };
          }
          // the exponents are known to a part of the largest that there are
          const ratios = logRatios(
            flow,
            itemOf(data.data, i),
            flow.schedule.step(draw.step, draw.steps),
            draw.senderNoise!,
          );
          const most =
            unit * draw.steps * (16 + ratios.reduce((size, ratio) => Math.max(size, Math.abs(ratio)), 0));
          return { loss: most * variables, gradient: () => most };
        });
        compare(found, referenceOf(flow, head, data, raw, chosen), slack);
      };
      const anyFlow = (most: number) =>
        fc
          .tuple(anyDiscreteAccuracy(), fc.integer({ min: 2, max: most }))
          .map(([accuracy, classes]) => discreteFlow(accuracy, classes));
      const anyCase = fc.oneof(
        fc.tuple(anyFlow(6), fc.constant(false)),
        fc.tuple(anyFlow(2), fc.constant(true)),
      );
      await fc.assert(
        fc.asyncProperty(anyCase, anyChosen(), ([flow, binary], chosen) => check(flow, chosen, binary)),
        runs,
      );
    });

    it('of discretised data, by a normal law of the noise or of the data', async () => {
      const check = async (flow: DiscretisedFlow, chosen: Chosen, predicts: 'noise' | 'data') => {
        const { seed, steps } = chosen;
        const { bins } = flow;
        const head = discretisedNormalHead({ bins, predicts, smallMass: 'original' });
        const [data, raw] = [values(seed), float32Normals(seed + 1, items * variables * 2)];
        const objective = flowDiscretised(flow, { predicts, ...(steps !== undefined && { steps }) });
        const found = await answerOf(tfjs, objective, data, drawAt(chosen), raw);
        const slack = Array.from({ length: items }, (_, i) => {
          const draw = lossDrawOf(flow, chosen, i);
          const [x0, own] = [itemOf(data.data, i), itemOf(raw, i)];
          const { state, tau } = lossState(flow, x0, draw);
          const logMasses = head.apply(own, state, flow.moment(tau));
          const slacks = Array.from(x0, (_x, v) => {
            const moment = flow.moment(tau);
            const unknown = predicts === 'noise' && (tau < 1e-6 || moment.alpha === 0);
            const at = unknown ? { state: 0, network: 0 } : conversions[predicts](moment);
            const network = Math.abs(at.network);
            const mean = at.state * state[v] + at.network * own[2 * v];
            const deviation = unknown ? 1 : Math.min(10, Math.max(1e-3, network * Math.exp(own[2 * v + 1])));
            const parts = 2 + network * Math.abs(own[2 * v]) + Math.abs(mean); // what the mean is made of
            const shift = (unit * parts) / deviation; // of the mean, in deviations
            if (draw.loss !== 'discrete-time') {
              const [most, weight] = [4 * unit * parts, weightOf(flow, chosen, i)];
              const steep = Math.max(1, network) * (1 + deviation);
              return {
                loss: weight * (4 * most + most ** 2),
                gradient: 16 * weight * steep * (most + shift),
              };
            }
            const row = logMasses.subarray(v * bins.count, (v + 1) * bins.count);
            const ratios = logRatios(
              flow,
              [flow.embed({ shape: [1], data: x0.subarray(v, v + 1) }).data[0]],
              flow.schedule.step(draw.step, draw.steps),
              [draw.senderNoise![v]],
            );
            const peak = row.reduce((most, value, k) => Math.max(most, value + ratios[k]), -Infinity);
            const total = row.reduce((sum, value, k) => sum + Math.exp(value + ratios[k] - peak), 0);
            let [loss, gradient] = [0, 0];
            row.forEach((logMass, k) => {
              const distance = Math.abs(bins.centres[k] - mean) / deviation;
              const near = Math.abs(logMass - Math.log(1e-5)) < 1; // where the one or the other formula may be taken
              const off =
                unit * ((logMass > Math.log(1e-5) ? Math.exp(-logMass) : -logMass) + Math.abs(ratios[k])) +
                (distance + 1) * (shift + unit * distance) +
                (near ? 1 : 0);
              const share = (draw.steps * Math.exp(row[k] + ratios[k] - peak)) / total;
              loss += 2 * share * Math.expm1(off);
              gradient +=
                4 * share * Math.expm1(off) * (distance + 1) ** 2 * Math.max(1, network / deviation);
            });
            return { loss: loss + unit * draw.steps * Math.abs(peak), gradient };
          });
          return {
            loss: slacks.reduce((sum, { loss }) => sum + loss, 0),
            gradient: (j: number) => slacks[j >> 1].gradient,
          };
        });
        compare(found, referenceOf(flow, head, data, raw, chosen), slack);
      };
      const anyFlow = fc
        .tuple(anyContinuousAccuracy(), fc.integer({ min: 2, max: 20 }))
        .map(([accuracy, bins]) => discretisedFlow(accuracy, bins));
      await fc.assert(fc.asyncProperty(anyFlow, anyChosen(), fc.constantFrom('noise', 'data'), check), runs);
    });

    it('of diffusion: the mean square of what is off in the guise that is predicted, of its definition', async () => {
      const check = async (process: Process, chosen: Chosen, predicts: Guise) => {
        const { seed } = chosen;
        const [data, raw, draw] = [values(seed), float32Normals(seed + 1, items * variables), drawAt(chosen)];
        const found = await answerOf(
          tfjs,
          diffusionRegression(process, { predicts, sigmaData }),
          data,
          draw,
          raw,
        );
        const { dataEnd, noiseEnd, smallestTime = dataEnd } = process;
        const noise = draw.normals(1, variables);
        let [loss, tolerance] = [0, 0];
        raw.forEach((y, at) => {
          const i = Math.floor(at / variables);
          const t = smallestTime + (noiseEnd - smallestTime) * draw.places[i];
          const [alpha, sigma, x0, eps] = [process.alpha(t), process.sigma(t), data.data[at], noise[at]];
          const x = alpha * x0 + sigma * eps;
          const total = Math.hypot(alpha * sigmaData, sigma);
          const target = {
            data: x0,
            noise: eps,
            velocity: alpha * eps - sigma * x0,
            'flow-velocity': eps - x0,
            edm: ((sigma * x0) / sigmaData - alpha * sigmaData * eps) / total,
          }[predicts];
          // what was rounded where x_0 follows from y is divided by its slope
          const slack =
            1e-14 / Math.abs(conversions[predicts]({ t, alpha, sigma, time: t }, sigmaData).network);
          const off = (unit + slack) * (1 + Math.abs(target) + Math.abs(y));
          const share = 1 / (items * variables);
          loss += share * (y - target) ** 2;
          tolerance += share * ((Math.abs(y - target) + off) ** 2 * (1 + unit) - (y - target) ** 2);
          expect(Math.abs(found.gradient[at] - 2 * share * (y - target))).toBeLessThan(4 * share * off);
          const shown = predicts === 'edm' ? x / total : x;
          expect(Math.abs(found.shown[at] - shown)).toBeLessThanOrEqual(unit * Math.abs(shown) + 1e-30);
          expect(found.time[i]).toBe(Math.fround(process.networkTime(t)));
        });
        expect(Math.abs(found.loss - loss)).toBeLessThan(tolerance);
      };
      await fc.assert(fc.asyncProperty(anyContinuousProcess(), anyChosen(), anyGuise, check), runs);
    });

    it('leaves no tensors behind', async () => {
      const objective = flowRegression(continuousFlow(continuousAccuracy({ sigma1: 0.1 })), {
        predicts: 'noise',
        clip: true,
      });
      const work = () =>
        answerOf(
          tfjs,
          objective,
          values(1),
          drawAt({ seed: 1, places: [0.1, 0.2, 0.3] }),
          float32Normals(1, items * variables),
        );
      await work();
      expect(await leftBehind(tfjs, work)).toBe(0);
    });
  });
});
