import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equivalent, solver, solverList, timeGrid } from '../../solvers/index.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import { planFromJson } from '../../src/plan/check.js';
import { componentCount, componentPlan, entriesOf } from '../../src/plan/components.js';
import { normalForm } from '../../src/plan/normal-form.js';
import type { Plan } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';
import { sample } from '../../src/plan/sample.js';
import { type Spectrum, covarianceOf } from '../../src/plan/spectrum.js';
import { startLaw } from '../../src/plan/start.js';
import { continuousBfn } from '../../src/process/index.js';
import { anyProcess, anySettings } from '../../src/testing/index.js';
import { lawOnGaussian } from '../../src/testing/gaussian.js';

const takers = solverList().filter(({ takesReference }) => takesReference);
const anyTaker = (): fc.Arbitrary<(typeof takers)[number]> => fc.constantFrom(...takers);

const along = (...variances: number[]): Spectrum => ({
  basis: { id: 'coordinates', size: variances.length },
  variances,
});

const end = (plan: Plan): { alpha: number; sigma: number } => {
  const last = plan.instructions[plan.instructions.length - 1];
  if (last.op !== 'return') throw new Error('a plan ends with a return');
  return last;
};

describe('preconditioned by a Gaussian', () => {
  it('every solver of one call a step that sees half log-SNR alone can be', () => {
    expect(takers.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['ddim', 'dpm-solver++2m', 'unipc-3', 'sde-dpm-solver++2m', 'sa-solver-p3c4']),
    );
  });

  it('of variance 0, a solver is what it was', () => {
    fc.assert(
      fc.property(anyTaker(), anyProcess(), anySettings(), ({ id }, process, settings) => {
        fc.pre(!process.roundsNetworkTime);
        const plain = solver(id).plan(process, settings);
        const plan = solver(id).plan(process, { ...settings, reference: along(0, 0) });
        expect(plan.instructions).toEqual(plain.instructions);
        expect(plan.basis).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('on Gaussian data of its variances the law is exact after any number of calls, on any grid', () => {
    const anyVariance = fc.double({ min: -8, max: 2, noNaN: true }).map((power) => 10 ** power);
    fc.assert(
      fc.property(
        anyTaker(),
        anyProcess(),
        anySettings(),
        anyVariance,
        anyVariance,
        (one, process, given, e, f) => {
          fc.pre(!process.roundsNetworkTime);
          const settings = { ...given, lastStep: 'stop', reference: along(e, 0, f) } as const;
          const plan = one.plan(process, settings);
          expect(plan.settings.reference).toEqual({ basis: 'coordinates', variances: [e, 0, f] });
          const { alpha, sigma } = end(plan);
          // a corrector's step that is long beside what noise it leaves weighs its predictions by large numbers of both signs
          // a noise prediction is a difference of large numbers where hardly any signal is left
          const rounding = one.multistep?.prediction === 'noise' ? 1e-5 : 1e-9;
          const largest = Math.max(
            1,
            ...plan.instructions.flatMap((entry) =>
              entry.op === 'combine' ? entry.terms.flatMap(([c]) => entriesOf(c).map(Math.abs)) : [],
            ),
          );
          [e, 0, f].forEach((variance, k) => {
            if (variance === 0) return;
            const law = lawOnGaussian(componentPlan(plan, k), { mean: 0.3, variance });
            const deviation = Math.hypot(alpha * Math.sqrt(variance), sigma);
            expect(Math.abs(law.mean - alpha * 0.3) / (0.3 * alpha + deviation)).toBeLessThan(
              rounding * largest,
            );
            expect(Math.abs(Math.sqrt(law.variance) / deviation - 1)).toBeLessThan(rounding * largest);
            if (one.kind === 'ode')
              expect(Math.abs(law.ofStart / deviation - 1)).toBeLessThan(rounding * largest);
          });
        },
      ),
      { numRuns: 150 },
    );
  });
});

const tilted = spectrumOf([
  [1, 0.4, 0.1],
  [0.4, 0.5, -0.1],
  [0.1, -0.1, 0.3],
]);
const process = continuousBfn({ sigma1: 0.02 });
const settings = { nfe: 4, grid: timeGrid.halfLogSnr(), lastStep: 'stop' } as const;
const planned = (id: string, reference?: Spectrum): Plan =>
  solver(id).plan(process, { ...settings, ...(reference ? { reference } : {}) });
type Json = Record<string, unknown> & { instructions: { terms?: unknown[][] }[] };
const json = (plan: Plan): Json => JSON.parse(JSON.stringify(plan)) as Json;

describe('a plan over a basis', () => {
  it('survives JSON and prints an instruction a line', () => {
    const cosine: Spectrum = { basis: { id: 'cosine', shape: [1, 2] }, variances: [1, 0.1] };
    for (const reference of [along(1, 2), tilted, cosine]) {
      const plan = planned('unipc-2', reference);
      expect(planFromJson(json(plan))).toEqual(plan);
      expect(componentCount(plan)).toBe(reference.variances.length);
      expect(printPlan(plan).split('\n')).toHaveLength(plan.instructions.length + 1);
      expect(printPlan(plan)).toMatch(/x1 += \{\S+ to \S+; \d\} x0/);
    }
  });

  it('is compared component by component', () => {
    const references = [undefined, along(1, 0), along(1, 2)];
    const [plain, same, other] = references.map((reference) => planned('unipc-2', reference));
    expect(equivalent(same, same).holds).toBe(true);
    expect(equivalent(componentPlan(same, 1), plain)).toEqual({ holds: true, residual: 0 });
    expect(equivalent(same, plain).difference).toMatch(/in component 1 of 2$/);
    expect(equivalent(same, other).difference).toMatch(/in component 2 of 2$/);
    expect(equivalent(planned('bfn-solver++2', tilted), planned('dpm-solver++2m', tilted)).holds).toBe(true);
    expect(equivalent(other, planned('unipc-2', tilted))).toEqual({
      holds: false,
      residual: 0,
      difference: 'the plans have coefficients along two different bases',
    });
    expect(() => normalForm(other)).toThrow(/a normal form a component/);
    expect(() => componentPlan(other, 2)).toThrow(/no component 2; it has 2/);
    expect(() => lawOnGaussian(other, { mean: 0, variance: 1 })).toThrow(/component by component/);
  });

  it('carries Gaussian data along their exact flow in one step, whatever the basis and the precision', async () => {
    const mean = [0.5, -0.2, 0.1];
    const covariances = [covarianceOf(tilted)];
    const denoiser = gaussianMixture({ weights: [1], means: [mean], covariances }, { kernel: 'plain' });
    const plan = solver('dpm-solver++1').plan(process, { ...settings, nfe: 1, reference: tilted });
    const { alpha, sigma } = end(plan);
    const state = [0.7, -1.1, 0.4];
    // each component of the centred state scales with its standard deviation
    const { vectors } = tilted.basis as { vectors: readonly (readonly number[])[] };
    const exact = mean.map((value) => alpha * value);
    tilted.variances.forEach((variance, k) => {
      const deviation = (a: number, noise: number): number => Math.hypot(a * Math.sqrt(variance), noise);
      const centred = vectors[k].reduce((sum, v, i) => sum + v * (state[i] - plan.start.alpha * mean[i]), 0);
      const scaled = (centred * deviation(alpha, sigma)) / deviation(plan.start.alpha, plan.start.sigma);
      exact.forEach((_, i) => (exact[i] += scaled * vectors[k][i]));
    });
    for (const [data, digits] of [
      [Float64Array.from(state), 12],
      [Float32Array.from(state), 5],
    ] as const) {
      const result = await sample({ plan, denoiser, start: { shape: [1, 3], data }, samples: 1 });
      exact.forEach((value, i) => expect(result.data[i]).toBeCloseTo(value, digits));
    }
  });

  it('gives the same bits whatever the chunks, from the start of full covariance', async () => {
    const covariances = [covarianceOf(tilted)];
    const denoiser = gaussianMixture({ weights: [1], means: [[0.5, -0.2, 0.1]], covariances });
    const moments = { mean: denoiser.mean, variance: 0.6, spectrum: tilted };
    const plan = planned('sde-dpm-solver++2m', tilted);
    const run = (chunk: number): ReturnType<typeof sample> =>
      sample({ plan, denoiser, start: 'full-covariance', moments, samples: 7, seed: 3, chunk });
    expect([...(await run(2)).data]).toEqual([...(await run(64)).data]);
  });

  const basis = (value: unknown) => (p: Json) => ({ ...p, basis: value });
  it.each<[string, (plan: Json) => unknown, RegExp]>([
    ['no basis', basis(undefined), /terms\[0\]\[0\] must be a finite number: the plan has no basis$/],
    ['a basis that is none', basis({ id: 'sines' }), /basis\.id must be coordinates, cosine, vectors$/],
    ['a basis of another size', basis({ id: 'coordinates', size: 2 }), /has 3 numbers for 2 components/],
    ['vectors of length 2', basis({ id: 'vectors', vectors: [[2, 0]] }), /"vectors" is not orthonormal/],
    [
      'a coefficient of NaN',
      (p) => (((p.instructions[1].terms ?? [])[0][0] = [1, NaN, 1]), p),
      /terms\[0\]\[0\]\[1\] must be a finite number$/,
    ],
  ])('is refused with %s', (_, spoil, message) => {
    const read = (): Plan => planFromJson(spoil(json(planned('unipc-2', tilted))));
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });
});

describe('the start of full covariance', () => {
  const lowRank: Spectrum = { basis: { id: 'vectors', vectors: [[0.6, 0.8, 0]] }, variances: [2, 0.1] };
  it.each([
    ['all components', tilted],
    ['low rank', lowRank],
  ])('has the law of the data with noise: %s', async (_, spectrum) => {
    // a plan that returns its start
    const plan: Plan = {
      ...planned('ddim'),
      nfe: 0,
      start: { register: 'x', t: 0.5, alpha: 0.5, sigma: 0.3, time: 0.5, atNoiseEnd: false },
      instructions: [{ op: 'return', from: 'x', alpha: 0.5, sigma: 0.3 }],
    };
    const covariances = [covarianceOf(spectrum)];
    const denoiser = gaussianMixture({ weights: [1], means: [[0, 0, 0]], covariances });
    const samples = 40_000;
    const moments = { mean: [1, 2, 3], variance: 0.6, spectrum };
    const { data } = await sample({ plan, denoiser, start: 'full-covariance', moments, samples, seed: 1 });
    const expected = covariances[0].map((row, i) =>
      row.map((value, j) => 0.25 * value + (i === j ? 0.09 : 0)),
    );
    const centred = (n: number, i: number): number => data[3 * n + i] - 0.5 * (1 + i);
    expected.forEach((row, i) =>
      row.forEach((value, j) => {
        let sum = 0;
        for (let n = 0; n < samples; n++) sum += centred(n, i) * centred(n, j);
        const standardError = Math.sqrt((value ** 2 + expected[i][i] * expected[j][j]) / samples);
        expect(Math.abs(sum / samples - value)).toBeLessThan(5 * standardError);
      }),
    );
  });

  it('needs the covariance', () => {
    const law = (): unknown => startLaw('full-covariance', planned('ddim').start, { mean: [0], variance: 1 });
    expect(law).toThrow(/needs the covariance of the data/);
  });
});

describe('a reference is refused', () => {
  it.each([
    ['by a solver of two calls a step', 'dpm-solver++2s', {}, /^dpm-solver\+\+2s takes no reference: only/],
    ['by one that sees more than half log-SNR', 'deis-tab-3', {}, /^deis-tab-3 takes no reference/],
    ['by one with a program of its own', 'restart', {}, /^restart takes no reference/],
    ['with a Brownian path', 'sde-dpm-solver++2m', { noise: 'path' }, /not go with noise on a Brownian path/],
    ['with draws', 'bfn', { draw: true }, /does not go with draws/],
  ] as const)('%s', (_, id, others, message) => {
    const plan = (): Plan => solver(id).plan(process, { ...settings, ...others, reference: tilted });
    expect(plan).toThrow(UsageError);
    expect(plan).toThrow(message);
  });

  it('of fewer variances than components', () => {
    expect(() => planned('ddim', { ...tilted, variances: [1] })).toThrow(/1 variances for 3 components/);
  });
});
