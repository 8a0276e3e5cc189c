import fc from 'fast-check';
import {
  continuousBfn,
  cosine,
  discreteBetas,
  discreteBfn,
  karras,
  rectifiedFlow,
  tabulated,
  varianceExploding,
  variancePreserving,
  type Process,
} from '../process/index.js';

// Arbitraries for fast-check: processes with parameters as they occur in practice, and somewhat beyond.

/** A number between positive bounds, its logarithm uniform; shrinks towards `low`. */
export const logUniform = (low: number, high: number): fc.Arbitrary<number> =>
  fc
    .double({ min: Math.log(low), max: Math.log(high), noNaN: true })
    .map((x) => Math.min(high, Math.max(low, Math.exp(x))));

/** Lets a counterexample read as `vp-linear {"betaMin":0.1,...}`. */
const shown = (process: Process): Process => {
  const text = { [fc.toStringMethod]: () => `${process.id} ${JSON.stringify(process.parameters)}` };
  return { ...process, ...text };
};

const anyClasses = (): fc.Arbitrary<number> => fc.integer({ min: 2, max: 64 });

export const anyContinuousBfn = (): fc.Arbitrary<Process> =>
  logUniform(1e-4, 0.9).map((sigma1) => shown(continuousBfn({ sigma1 })));

export const anyDiscreteBfn = (): fc.Arbitrary<Process> =>
  fc
    .record({ classes: anyClasses(), beta1: logUniform(0.05, 50) })
    .map((options) => shown(discreteBfn(options)));

export const anyVariancePreserving = (): fc.Arbitrary<Process> =>
  fc
    .record({ betaMin: logUniform(1e-3, 1), growth: fc.double({ min: 0, max: 40, noNaN: true }) })
    .map(({ betaMin, growth }) => shown(variancePreserving({ betaMin, betaMax: betaMin + growth })));

export const anyCosine = (): fc.Arbitrary<Process> =>
  fc.double({ min: 0, max: 0.2, noNaN: true }).map((offset) => shown(cosine({ offset })));

export const anyVarianceExploding = (): fc.Arbitrary<Process> =>
  fc
    .record({ sigmaMin: logUniform(1e-3, 0.1), ratio: logUniform(1.5, 1e4) })
    .map(({ sigmaMin, ratio }) => shown(varianceExploding({ sigmaMin, sigmaMax: sigmaMin * ratio })));

export const anyKarras = (): fc.Arbitrary<Process> =>
  logUniform(1, 200).map((sigmaMax) => shown(karras({ sigmaMax })));

export const anyRectifiedFlow = (): fc.Arbitrary<Process> => fc.constant(shown(rectifiedFlow()));

/** A DDPM of 1 to 50 steps. */
export const anyDiscreteBetas = (): fc.Arbitrary<Process> =>
  fc
    .record({
      betas: fc.array(logUniform(1e-4, 0.3), { minLength: 1, maxLength: 50 }),
      networkTimes: fc.constantFrom('integer' as const, 'real' as const),
    })
    .map((options) => shown(discreteBetas(options)));

/** 4 to 12 nodes, unevenly spaced; the data end with or without noise, the noise end with or without signal. */
export const anyTabulated = (): fc.Arbitrary<Process> =>
  fc
    .record({
      steps: fc.array(
        fc.record({
          time: logUniform(0.05, 1),
          lambda: logUniform(0.05, 2),
          logAlpha: fc.double({ min: -1, max: 0.5, noNaN: true }),
        }),
        { minLength: 4, maxLength: 12 },
      ),
      pureData: fc.boolean(),
      pureNoise: fc.boolean(),
    })
    .map(({ steps, pureData, pureNoise }) => {
      // A stretch from pure data or to pure noise is a power law; it stays moderate if it is not the longest around.
      const lengths = steps.map(({ time }) => time);
      lengths[0] = Math.min(lengths[0], lengths[1]);
      lengths[lengths.length - 2] = Math.min(lengths.at(-2)!, lengths.at(-3)!);
      const times: number[] = [];
      const alphas: number[] = [];
      const sigmas: number[] = [];
      let [t, lambda, logAlpha] = [0, 4, 0];
      steps.forEach((step, i) => {
        times.push(t);
        alphas.push(Math.exp(logAlpha));
        sigmas.push(Math.exp(logAlpha - lambda));
        t += lengths[i];
        lambda -= step.lambda;
        logAlpha += step.logAlpha;
      });
      if (pureData) sigmas[0] = 0;
      if (pureNoise) alphas[times.length - 1] = 0;
      return shown(tabulated({ times, alphas, sigmas }));
    });

/** BFN on continuous or on discrete data. */
export const anyBfnProcess = (): fc.Arbitrary<Process> => fc.oneof(anyContinuousBfn(), anyDiscreteBfn());

/** The families with closed forms. */
export const anyClosedFormProcess = (): fc.Arbitrary<Process> =>
  fc.oneof(
    anyContinuousBfn(),
    anyDiscreteBfn(),
    anyVariancePreserving(),
    anyCosine(),
    anyVarianceExploding(),
    anyKarras(),
    anyRectifiedFlow(),
  );

/** Every family on vector data: without classes. */
export const anyContinuousProcess = (): fc.Arbitrary<Process> =>
  fc.oneof(
    anyContinuousBfn(),
    anyVariancePreserving(),
    anyCosine(),
    anyVarianceExploding(),
    anyKarras(),
    anyRectifiedFlow(),
    anyDiscreteBetas(),
    anyTabulated(),
  );

/** Every family but user-defined expressions, which are made asynchronously. */
export const anyProcess = (): fc.Arbitrary<Process> =>
  fc.oneof({ arbitrary: anyContinuousProcess(), weight: 8 }, { arbitrary: anyDiscreteBfn(), weight: 2 });

/** A time inside the interval of a process: anywhere, and often near an end, down to 1e-12 of its length. */
export const timeWithin = ({ dataEnd, noiseEnd }: Process): fc.Arbitrary<number> => {
  const length = noiseEnd - dataEnd;
  return fc
    .tuple(
      logUniform(1e-12, 0.5),
      fc.constantFrom('data', 'noise', 'between'),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map(([near, where, part]) => {
      if (where === 'data') return dataEnd + near * length;
      if (where === 'noise') return noiseEnd - near * length;
      return dataEnd + Math.min(1 - 1e-12, Math.max(1e-12, part)) * length;
    });
};
