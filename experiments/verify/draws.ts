import { timeGrid } from '../../solvers/index.js';
import { solver } from '../../solvers/registry.js';
import { type DiscreteFlow, meanSquaredErrorByQuadrature, normalLaw, type Law } from '../../src/bfn/index.js';
import { normalRule } from '../../src/bfn/rules.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { sample } from '../../src/plan/sample.js';
import { type Check, check } from './check.js';
import { between, wholeBetween } from './instances.js';
import { anyClass } from './laws.js';

// One variable: with its categorical draw the original sampler of discrete data is exact in law for any number of steps, since its y
// is a draw from the receiver, and the receiver of an exact network is the true law of y.

/** The law of y given the class probabilities e. */
type Receiver = (flow: DiscreteFlow, e: readonly number[], accuracy: number) => Law;

const receiver: Receiver = (flow, e, accuracy) =>
  flow.receiver(
    e.map((p) => Math.log(p)),
    accuracy,
  );

const drawIsExact = check<Receiver>({
  name: 'draw-is-exact',
  statement:
    'for one variable and its exact network a step with the categorical draw takes the law of z at s to the law of z at t, for any s and t',
  source: 'docs/theory.md, section 7',
  method: 'quadrature',
  tolerance: 1e-8,
  formula: receiver,
  planted: {
    'without the draw': (flow, e, accuracy) =>
      normalLaw(
        e.map((p) => accuracy * (flow.classes * p - 1)),
        accuracy * flow.classes,
      ),
    'accuracy 0.1% off': (flow, e, accuracy) => receiver(flow, e, 1.001 * accuracy),
  },
  residual(formula, random) {
    let variable = anyClass(random);
    while (variable.probabilities.length > 2) variable = anyClass(random);
    const { probabilities } = variable;
    const flow = variable.flow as DiscreteFlow;
    const { schedule } = flow;
    const from = between(random, 0.1, 0.5);
    const to = between(random, 1.5 * from, 1);
    const accuracy = schedule.between(from, to);
    const k = random.integer(2);
    const z = flow.flowDistribution([k], to).sample(random);
    const { nodes, weights } = normalRule(40);
    let density = 0;
    probabilities.forEach((p, x) => {
      const { mean, variance } = flow.flowDistribution([x], from);
      const deviation = Math.sqrt(variance);
      nodes.forEach((a, i) => {
        nodes.forEach((b, j) => {
          const weight = p * weights[i] * weights[j];
          if (weight < 1e-14) return;
          const before = [mean[0] + deviation * a, mean[1] + deviation * b];
          const odds = (probabilities[1] / probabilities[0]) * Math.exp(before[1] - before[0]);
          const law = formula(flow, [1 / (1 + odds), odds / (1 + odds)], accuracy);
          density += weight * Math.exp(law.logDensity([z[0] - before[0], z[1] - before[1]]));
        });
      });
    });
    const truth = probabilities.reduce(
      (sum, p, x) => sum + p * Math.exp(flow.flowDistribution([x], to).logDensity(z)),
      0,
    );
    return Math.abs(density / truth - 1);
  },
});

const samplerIsExact = check<{ readonly draw: boolean }>({
  name: 'sampler-with-draw-is-exact',
  statement:
    'for one variable E|e_hat(z)|² at the end of the original sampler is that of the true z for every N: here N = 1 to 5',
  source: 'docs/theory.md, section 7',
  method: 'monte-carlo',
  tolerance: 5.5,
  formula: { draw: true },
  planted: { 'without the draw': { draw: false } },
  async residual({ draw }, random) {
    const variable = anyClass(random);
    const { probabilities, flow } = variable;
    const classes = probabilities.length;
    const steps = wholeBetween(random, 1, 5);
    const plan = solver('bfn').plan(flow.process, {
      nfe: steps + 1,
      grid: timeGrid.uniform({ eta: 0 }),
      lastStep: 'predict-at-end',
      draw,
    });
    const count = 1000;
    const { data } = await sample({
      plan,
      denoiser: independentCategorical({ probabilities }),
      start: 'prior',
      samples: count,
      seed: random.integer(2 ** 31),
      chunk: count,
    });
    const squares = new Float64Array(count);
    data.forEach((D, i) => (squares[Math.floor(i / classes)] += ((D + 1) / classes) ** 2));
    const mean = squares.reduce((sum, value) => sum + value, 0) / count;
    const variance = squares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
    // E|x_0 - D|² = K² (1 - E|e|²) for the exact network
    const error = await meanSquaredErrorByQuadrature({ ...variable, tau: 1 });
    return Math.abs(mean - (1 - error / classes ** 2)) / Math.sqrt(variance / count);
  },
});

export const drawChecks: readonly Check[] = [drawIsExact, samplerIsExact];
