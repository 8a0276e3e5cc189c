import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Settings,
  type Solver,
  equivalent,
  lastSteps,
  planFromPrior,
  solver,
  solverList,
  timeGrid,
} from '../../solvers/index.js';
import { powerClock } from '../../solvers/exponential-multistep.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { UsageError } from '../../src/errors.js';
import { planFromJson } from '../../src/plan/check.js';
import { isCall } from '../../src/plan/plan.js';
import type { Plan } from '../../src/plan/plan.js';
import { sample } from '../../src/plan/sample.js';
import { discreteBfn, karras, rectifiedFlow, variancePreserving } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';
import { slopesOf } from '../../src/testing/measure/slopes.js';

const probabilities = [0.5, 0.35, 0.15];
const third = 'exponential-adams:order=3,corrector=3,rate=1.8';
const processes = [
  discreteBfn({ classes: 3, beta1: 3 }),
  variancePreserving({ classes: 3 }),
  karras({ classes: 3 }),
];
const bfn = processes[0];

type Vector = readonly number[];
/** A prediction of one variable as a function of `y = x/alpha` and half log-SNR. */
type Predict = (y: Vector, lambda: number) => Vector;

const ofFrequencies =
  (law: Vector): Predict =>
  (y, lambda) => {
    const weights = y.map(
      (value, k) => law[k] * Math.exp(law.length * Math.exp(2 * lambda) * (value - Math.max(...y))),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => (law.length * weight) / total - 1);
  };

/** `dy/dlambda = D - y` between two half log-SNRs by many steps of Runge-Kutta: no part of what is tested. */
const flow = (predict: Predict, start: Vector, first: number, last: number): Vector => {
  const steps = 2000;
  const h = (last - first) / steps;
  const moved = (y: Vector, by: number, k: Vector): Vector => y.map((value, i) => value + by * k[i]);
  const slope = (y: Vector, lambda: number): Vector => predict(y, lambda).map((value, i) => value - y[i]);
  let y = start;
  for (let i = 0; i < steps; i++) {
    const lambda = first + i * h;
    const k1 = slope(y, lambda);
    const k2 = slope(moved(y, h / 2, k1), lambda + h / 2);
    const k3 = slope(moved(y, h / 2, k2), lambda + h / 2);
    const k4 = slope(moved(y, h, k3), lambda + h);
    y = y.map((value, j) => value + (h / 6) * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]));
  }
  return y;
};

/** Runs a plan from one state, given and returned in units of alpha, with a prediction as the network. */
const endOf = async (plan: Plan, start: Vector, predict: Predict): Promise<Vector> => {
  const last = plan.instructions[plan.instructions.length - 1];
  if (last.op !== 'return') throw new Error('a plan ends with a return');
  const data = Float64Array.from(start, (value) => plan.start.alpha * value);
  const { data: end } = await sample({
    plan,
    denoiser: {
      sampleShape: [1, start.length],
      predict: (x, [{ alpha, sigma }]) => ({
        shape: x.shape,
        data: Float64Array.from(
          predict(
            [...x.data].map((value) => value / alpha),
            Math.log(alpha / sigma),
          ),
        ),
      }),
    },
    start: { shape: [1, 1, start.length], data },
    samples: 1,
  });
  return [...end].map((value) => value / last.alpha);
};

const distance = (a: Vector, b: Vector): number => Math.hypot(...a.map((value, i) => value - b[i]));

const by = (
  one: Solver,
  process?: Process,
  reference: Settings['reference'] = { probabilities },
): Solver => ({
  ...one,
  plan: (on, settings) => one.plan(process ?? on, { ...settings, reference }),
});

const start = [0.9, -0.2, -0.7];

describe('independent symbols of its frequencies', () => {
  it('are exact but for the substeps, by any number of calls on any grid and process with classes', async () => {
    const anyGrid = fc.constantFrom(timeGrid.uniform, timeGrid.halfLogSnr, timeGrid.power);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(third, 'exponential-adams-t-p2', 'unipc-2-vary', 'exponential-adams:order=1'),
        fc.constantFrom(...processes),
        fc.integer({ min: 1, max: 7 }),
        anyGrid,
        async (id, process, nfe, gridOf) => {
          const grid = gridOf({ eta: 0.08, tMin: process.noiseEnd / 50 });
          const settings = { nfe, grid, lastStep: 'stop' } as const;
          const plan = solver(id).plan(process, { ...settings, reference: { probabilities, substeps: 60 } });
          const [first, last] = [plan.start.t, grid.end(process)].map(process.lambda);
          const predict = ofFrequencies(probabilities);
          const exact = flow(predict, start, first, last);
          expect(distance(await endOf(plan, start, predict), exact)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each(processes.map((process) => [process.id, process] as const))(
    'come out with an error of order 4 in the substeps of one call, on %s',
    async (_, process) => {
      const grid = timeGrid.explicit([-2.5, -0.1].map(process.timeAtLambda));
      const exact = flow(ofFrequencies(probabilities), start, -2.5, -0.1);
      const errors = [];
      for (const substeps of [8, 16, 32]) {
        const reference = { probabilities, substeps };
        const plan = solver(third).plan(process, { nfe: 1, grid, lastStep: 'stop', reference });
        errors.push(distance(await endOf(plan, start, ofFrequencies(probabilities)), exact));
      }
      expect(Math.abs(Math.log2(errors[1] / errors[2]) - 4)).toBeLessThan(0.15);
      expect(errors[2]).toBeLessThan(1e-6);
    },
  );

  it('can start where there is no signal', async () => {
    const process = rectifiedFlow({ classes: 3 });
    const grid = timeGrid.explicit([1, process.timeAtLambda(0.5)]);
    const plan = solver(third).plan(process, {
      nfe: 1,
      grid,
      lastStep: 'stop',
      reference: { probabilities, substeps: 64 },
    });
    const x = [0.4, -1.1, 0.2];
    const { data } = await sample({
      plan,
      denoiser: independentCategorical({ probabilities }),
      start: { shape: [1, 1, 3], data: Float64Array.from(x) },
      samples: 1,
    });
    // from a half log-SNR at which y = x sigma/alpha moves by the mean of the data alone
    const early = -12;
    const mean = probabilities.map((p) => 3 * p - 1);
    const y = x.map((value, k) => value * Math.exp(-early) + mean[k]);
    const exact = flow(ofFrequencies(probabilities), y, early, 0.5);
    expect(
      distance(
        [...data].map((value) => value / process.alpha(process.timeAtLambda(0.5))),
        exact,
      ),
    ).toBeLessThan(1e-4);
  });
});

describe('a reference that predicts a constant', () => {
  it('leaves a solver what it was, step for step', async () => {
    const other = ofFrequencies([0.2, 0.5, 0.3]);
    for (const id of [third, 'exponential-adams-t-p3c4', 'unipc-3-vary']) {
      const settings = { nfe: 5, grid: timeGrid.uniform({ eta: 0.1 }), lastStep: 'stop' } as const;
      const plain = solver(id).plan(bfn, settings);
      const plan = solver(id).plan(bfn, { ...settings, reference: { probabilities: [0, 1, 0] } });
      const [a, b] = [await endOf(plain, start, other), await endOf(plan, start, other)];
      expect(distance(a, b)).toBeLessThan(1e-10);
    }
  });
});

describe('the order of a solver', () => {
  const process = variancePreserving({ classes: 3 });
  const [known, whole] = [ofFrequencies(probabilities), ofFrequencies([0.1, 0.3, 0.6])];
  const starts = [[3.1, -2.4, 1.2], [-1.6, 0.5, 2], [0.4, 2.6, -3.5]]; // prettier-ignore
  // between these, what is not yet decided stays so
  const [from, to] = [-2.2, -0.4];
  /** The departure is faded in with the sixth power of the way, so that history is exact where the run starts. */
  const fadedIn: Predict = (y, lambda) => {
    const way = ((lambda - from) / (to - from)) ** 6;
    return known(y, lambda).map((value, i) => value + way * (whole(y, lambda)[i] - value));
  };

  it.each([
    ['exponential-adams:order=1', 1, 1],
    ['exponential-adams-t-p2', 2, 2],
    ['exponential-adams:order=2,corrector=2,rate=1', 2, 2],
    ['exponential-adams-t-p2c3', 3, 3],
    ['exponential-adams:order=3,rate=1.8', 3, 2],
    [third, 3, 3],
    ['unipc-2-vary', 3, 3],
    ['exponential-adams:order=3,corrector=4', 4, 3],
  ])('%s is kept: %i, and %i as started', async (id, declared, asStarted) => {
    const one = solver(id);
    expect([one.order, one.orderAsStarted ?? one.order]).toEqual([declared, asStarted]);
    const doubled = [16, 32, 64, 128, 256];
    const plans = doubled.map((steps) => {
      const lambdas = Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);
      const grid = timeGrid.explicit(lambdas.map(process.timeAtLambda));
      const reference = { probabilities, substeps: 1 };
      return one.plan(process, { nfe: steps, grid, lastStep: 'stop', reference });
    });
    const orderOf = async (predict: Predict): Promise<number> => {
      const exact = starts.map((first) => flow(predict, first, from, to));
      const ends = new Map<number, number>();
      for (const plan of plans) {
        const found = await Promise.all(starts.map((first) => endOf(plan, first, predict)));
        ends.set(plan.nfe, Math.hypot(...found.map((end, i) => distance(end, exact[i]))));
      }
      const errorAt = (nfe: number): { nfe: number; error: number } => ({ nfe, error: ends.get(nfe) ?? NaN });
      return slopesOf(errorAt, { first: 16, last: 256, floor: 1e-10 }).order;
    };
    expect(Math.abs((await orderOf(fadedIn)) - declared)).toBeLessThan(0.2);
    expect(await orderOf(whole)).toBeGreaterThan(asStarted - 0.3);
  });
});

const takers = solverList().filter(({ takesSymbols }) => takesSymbols);

describe('a plan preconditioned by symbols', () => {
  it('meets every budget by calls of the network, survives JSON and is its own sampler', () => {
    for (const one of [...takers, solver(third)]) {
      for (const lastStep of lastSteps) {
        for (const nfe of [1, 2, 3, 4, 7, 12]) {
          const settings = { nfe, lastStep, grid: timeGrid.uniform({ eta: 0.05 }) };
          const plan = by(one, undefined, { probabilities, substeps: 1 }).plan(bfn, settings);
          expect([plan.nfe, plan.instructions.filter(isCall).length]).toEqual([nfe, nfe]);
          expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
        }
      }
    }
  });

  it('records what it was made with, its substeps filled in', () => {
    const { settings, reference } = by(solver(third)).plan(bfn, { nfe: 3 });
    expect(settings.reference).toEqual({ probabilities, substeps: 1 });
    expect(reference).toEqual({ probabilities });
  });

  it('is another than the plain one, and than one of other frequencies', () => {
    const settings = { nfe: 4, grid: timeGrid.uniform({ eta: 0.05 }) };
    const plan = by(solver(third)).plan(bfn, settings);
    const same = by(solver(`${third},kind=ode`)).plan(bfn, settings);
    expect(equivalent(plan, same).holds).toBe(true);
    expect(equivalent(plan, solver(third).plan(bfn, settings)).holds).toBe(false);
    const skewed = by(solver(third), bfn, { probabilities: [0.4, 0.4, 0.2] }).plan(bfn, settings);
    expect(equivalent(plan, skewed).difference).toBe('the references have two sets of probabilities');
  });

  it('shows the network its own times alone, and gives a sample the same bits in any chunk', async () => {
    const denoiser = independentCategorical({ probabilities: [0.2, 0.2, 0.6], length: 2 });
    const plan = by(solver(third)).plan(bfn, { nfe: 4, grid: timeGrid.uniform({ eta: 0.05 }) });
    const run = async (chunk: number): Promise<{ data: number[]; nfe: number; times: number }> => {
      let times = 0;
      const onStep = (): unknown => times++;
      const options = { plan, denoiser, start: 'zero-mean', samples: 7, seed: 5, chunk, onStep } as const;
      const { data, nfe } = await sample(options);
      return { data: [...data], nfe, times };
    };
    const [apart, together] = [await run(2), await run(64)];
    expect(apart.data).toEqual(together.data);
    expect([together.nfe, together.times, apart.times]).toEqual([4, 4, 16]);
  });

  it('may begin with a call at the noise end', () => {
    const plan = planFromPrior(by(solver(third)), bfn, { nfe: 4, grid: timeGrid.uniform({ eta: 0.05 }) });
    expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(plan.instructions.filter(isCall)).toHaveLength(4);
  });
});

describe('a reference of symbols is refused', () => {
  it.each([
    [
      'by another solver',
      'dpm-solver++2m',
      bfn,
      {},
      /^dpm-solver\+\+2m takes no reference of symbol frequencies: only exponential Adams/,
    ],
    ['by the SDE', 'exponential-adams:kind=sde', bfn, {}, /takes no reference of symbol/],
    [
      'of the noise prediction',
      'exponential-adams:prediction=noise',
      bfn,
      {},
      /takes no reference of symbol/,
    ],
    ['by one with a program of its own', 'restart', bfn, {}, /^restart takes no reference/],
    [
      'on data without classes',
      third,
      variancePreserving(),
      {},
      /of 3 symbols needs a process of as many classes, and \S+ has none/,
    ],
    [
      'of other classes',
      third,
      discreteBfn({ classes: 4, beta1: 1 }),
      {},
      /needs a process of as many classes, and bfn-discrete has 4/,
    ],
    ['with draws', third, bfn, { draw: true }, /does not go with draws/],
    ['with a full-order start-up', third, bfn, { startUp: 'full-order' }, /does not go with a full-order/],
    [
      'of no probabilities',
      third,
      bfn,
      { reference: { probabilities: [0.5, 0.5, 0.5] } },
      /frequencies of a reference must be numbers from 0 whose sum is 1/,
    ],
    [
      'of no substeps',
      third,
      bfn,
      { reference: { probabilities, substeps: 0 } },
      /substeps of the reference is 0; it must be a whole number from 1 to 1000/,
    ],
  ] as const)('%s', (_, id, process, others, message) => {
    const plan = (): Plan =>
      solver(id).plan(process, {
        nfe: 3,
        grid: timeGrid.uniform({ eta: 0.05 }),
        reference: { probabilities },
        ...others,
      });
    expect(plan).toThrow(UsageError);
    expect(plan).toThrow(message);
  });
});

describe('its clock', () => {
  it('is that of the solver: a departure linear in it is integrated exactly by two points', async () => {
    const rate = 1.3;
    const clock = powerClock(rate);
    const known = ofFrequencies(probabilities);
    const linear: Predict = (y, lambda) =>
      known(y, lambda).map((value, k) => value + [0.2, -0.3, 0.1][k] * clock.of(lambda, bfn));
    const grid = timeGrid.explicit([-1.5, -1.1, -0.6, -0.1].map(bfn.timeAtLambda));
    const settings = { nfe: 3, grid, lastStep: 'stop', reference: { probabilities, substeps: 40 } } as const;
    const exact = flow(linear, start, -1.5, -0.1);
    const ends = [];
    for (const id of [`order=2,corrector=2,rate=${rate}`, 'order=2,corrector=2,rate=0']) {
      const plan = solver(`exponential-adams:${id}`).plan(bfn, settings);
      ends.push(distance(await endOf(plan, start, linear), exact));
    }
    // the corrector mends the first step; the last has its history
    expect(ends[0]).toBeLessThan(ends[1] / 100);
  });
});
