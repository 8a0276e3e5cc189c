import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equivalent, solver, solverList, timeGrid } from '../../solvers/index.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import { planFromJson } from '../../src/plan/check.js';
import { componentCount, componentPlan, entriesOf } from '../../src/plan/components.js';
import type { Plan } from '../../src/plan/plan.js';
import { sample } from '../../src/plan/sample.js';
import type { Spectrum } from '../../src/plan/spectrum.js';
import { continuousBfn, karras, variancePreserving } from '../../src/process/index.js';
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
      { numRuns: 200 },
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
              1e-10 * largest,
            );
            expect(Math.abs(Math.sqrt(law.variance) / deviation - 1)).toBeLessThan(1e-10 * largest);
            if (one.kind === 'ode')
              expect(Math.abs(law.ofStart / deviation - 1)).toBeLessThan(1e-10 * largest);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});
void [
  equivalent,
  timeGrid,
  gaussianMixture,
  spectrumOf,
  UsageError,
  planFromJson,
  componentCount,
  sample,
  continuousBfn,
  karras,
  variancePreserving,
];
