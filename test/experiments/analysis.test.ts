import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readyRun } from '../../experiments/ready-run.js';
import { compare } from '../../experiments/compare.js';
import { callsToMeet, callsToMeetWithin } from '../../experiments/equal-quality.js';
import { findingsOf } from '../../experiments/findings.js';
import type { Metric } from '../../experiments/metric.js';
import { metricsFor, registerMetric } from '../../experiments/metrics/index.js';
import { beatsAll, pairedComparisons, seenFrom } from '../../experiments/paired-comparisons.js';
import { makeProblem } from '../../experiments/problems/index.js';
import { distanceToReference, referenceSolution } from '../../experiments/reference-solution.js';
import { jackknife } from '../../experiments/statistics.js';
import { type Replicates, estimateOf } from '../../experiments/statistics/replicates.js';
import { comparisonTable } from '../../experiments/table.js';
import { timeGrid } from '../../solvers/grid.js';
import { solver } from '../../solvers/registry.js';
import { sample } from '../../src/plan/sample.js';
import { randomStream } from '../../src/random/index.js';

const meanOf = (x: Float64Array): Replicates => {
  const { value, left } = jackknife(
    (list) => Array.from(list).reduce((sum, i) => sum + x[i], 0) / list.length,
    x.length,
  );
  return { value, left: [left], samples: x.length };
};

describe('callsToMeetWithin', () => {
  const known = (value: number): Replicates => ({ value, left: [[value, value, value]], samples: 9 });
  const nfe = [5, 10, 20, 50];

  it('has the calls of callsToMeet, and no width where nothing varies', () => {
    const distance = fc.double({ min: 0.01, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(distance, { minLength: 4, maxLength: 4 }),
        distance,
        distance,
        (values, target, atLeast) => {
          const goal = { values: values.map(known), target: known(target), atLeast };
          const plain = callsToMeet(nfe, [{ values, target: Math.max(target, atLeast) }]);
          const { low, high, floor, ...answer } = {
            ...{ low: undefined, high: undefined, floor: undefined },
            ...callsToMeetWithin(nfe, [goal]),
          };
          expect(answer).toEqual(plain);
          expect(floor).toBe(target <= atLeast ? true : undefined);
          if (low !== undefined && 'calls' in plain) expect(low / plain.calls).toBeCloseTo(1, 9);
          if (high !== undefined && 'calls' in plain) expect(high / plain.calls).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it('asks for the floor only where the solver is there by every metric', () => {
    const values = nfe.map((calls) => known(1 / calls));
    const [at, above] = [0.01, 0.2].map((target) => ({ values, target: known(target), atLeast: 0.1 }));
    expect(callsToMeetWithin(nfe, [at, at])).toMatchObject({ calls: 10, floor: true });
    expect(callsToMeetWithin(nfe, [at, above])).not.toHaveProperty('floor');
    expect(callsToMeetWithin(nfe, [{ ...at, atLeast: 0.019 }])).toEqual({ moreThan: 50, floor: true });
    expect(callsToMeetWithin(nfe, [{ ...at, atLeast: 0.2 }])).toEqual({ atMost: 5, floor: true });
  });

  it('is the same for all solvers that are at the floor, however they scatter about it', () => {
    const { normal } = randomStream(5, 'floor');
    const noisy = (mean: number) => meanOf(Float64Array.from({ length: 60 }, () => mean * (1 + normal())));
    const values = nfe.map((calls) => noisy(1 / calls));
    const [one, other] = [0.0999, 0.01].map((mean) => {
      const target = { ...noisy(mean), value: mean };
      return callsToMeetWithin(nfe, [{ values, target, atLeast: 0.1 }]);
    });
    expect(one).toEqual(other);
    expect(one).toHaveProperty('floor', true);
  });

  it('covers the calls of two power laws in 95% of runs', () => {
    const { normal } = randomStream(2, 'calls');
    let covered = 0;
    const runs = 250;
    for (let run = 0; run < runs; run++) {
      const noisy = (mean: number) => meanOf(Float64Array.from({ length: 100 }, () => mean * (1 + normal())));
      const values = nfe.map((calls) => noisy(1 / calls));
      const answer = callsToMeetWithin(nfe, [{ values, target: noisy(1 / 14), atLeast: 0 }]);
      if (!('calls' in answer)) continue;
      covered += (answer.low ?? 0) <= 14 && 14 <= (answer.high ?? Infinity) ? 1 / runs : 0;
    }
    expect(covered).toBeGreaterThan(0.92);
    expect(covered).toBeLessThan(0.985);
  });

  it('leaves out an end that lies beyond the numbers tried', () => {
    const { normal } = randomStream(3, 'ends');
    const values = nfe.map((calls) =>
      meanOf(Float64Array.from({ length: 40 }, () => (1 + normal()) / calls)),
    );
    const answer = callsToMeetWithin([1, 2, 3, 1000], [{ values, target: known3(values[2]), atLeast: 0 }]);
    expect('calls' in answer && answer.high === undefined).toBe(false);
    const near = callsToMeetWithin(nfe, [
      { values, target: meanOf(Float64Array.from({ length: 40 }, () => 0.19 + normal())), atLeast: 0.17 },
    ]);
    expect('calls' in near ? near.low : undefined).toBeUndefined();
  });

  const known3 = ({ value, left, samples }: Replicates): Replicates => ({
    value,
    left: left.map((groups) => groups.map(() => value)),
    samples,
  });
});

describe('paired comparisons and findings', () => {
  const metric = (id: string, rest: Partial<Metric> = {}): Metric => ({
    ...{ id, unit: '', description: '', over: () => () => 0 },
    ...rest,
  });
  const { normal } = randomStream(4, 'pairs');
  const noise = Float64Array.from({ length: 80 }, normal);
  const at = (label: string, mean: number) => ({
    ...{ label, nfe: 5 },
    replicates: meanOf(noise.map((x, i) => mean + x + 0.3 * Math.sin(i * mean))),
  });
  const measured = [at('slow', 3), at('good', 1), at('twin', 1), at('mid', 2)];

  it('tell apart what the noise of one solver alone would hide, and not what is one sampler', () => {
    const pairs = pairedComparisons('p', [metric('d')], () => measured);
    expect(pairs).toHaveLength(6);
    for (const { solvers, better, correctedP, p, difference } of pairs) {
      const twins = solvers.join() === 'good,twin';
      expect(better).toBe(twins ? null : ['good', 'twin', 'mid'].find((id) => solvers.includes(id)));
      expect(correctedP).toBeGreaterThanOrEqual(p);
      expect(difference.low).toBeLessThanOrEqual(difference.value);
    }
    expect(['slow', 'good', 'twin', 'mid'].filter((id) => beatsAll(id, pairs))).toEqual(['good', 'twin']);
    const [first] = pairs;
    expect(seenFrom('good', first).value).toBe(-seenFrom('slow', first).value);
  });

  it('turn round for a metric whose higher side is better, and say nothing where none is', () => {
    const higher = pairedComparisons('p', [metric('d', { better: 'higher' })], () => measured);
    expect(beatsAll('slow', higher)).toBe(true);
    for (const none of [metric('d', { truth: 1 }), metric('d', { better: 'neither' })]) {
      expect(pairedComparisons('p', [none], () => measured)).toEqual([]);
    }
  });

  it('are one family: the corrected p-values grow with the number of comparisons', () => {
    const one = pairedComparisons('p', [metric('d')], () => measured.slice(0, 2));
    const many = pairedComparisons(
      'p',
      ['d', 'e', 'f'].map((id) => metric(id)),
      () => measured,
    );
    expect(many[0].correctedP).toBeGreaterThanOrEqual(one[0].correctedP);
  });

  it('are put into words: whom the best beats, by how much, and whom not', () => {
    const pairs = pairedComparisons('p', [metric('d')], () => measured);
    const [finding, ...rest] = findingsOf(pairs, ['d'], 'slow', () => ['good', 'twin', 'mid', 'slow']);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ best: 'good', beats: ['slow', 'mid'], notToldApart: ['twin'] });
    expect(finding.text).toMatch(
      /^at NFE 5, by d: good beats slow by (2|1\.9\d|2\.0\d) \(95% paired interval 1\.\d+ to 2\.\d+\), and mid; it is not told apart from twin$/,
    );
    const same = pairedComparisons('p', [metric('d')], () => measured.slice(1, 3));
    expect(findingsOf(same, ['d'], 'good', () => ['good', 'twin'])[0].text).toBe(
      'at NFE 5, by d: good has the best value, but is not told apart from twin',
    );
  });
});

describe('the distance to the reference solution', async () => {
  const problem = await makeProblem('mixture-2d');
  const settings = { grid: { id: 'half-log-snr', parameters: {} }, lastStep: 'predict-at-end' } as const;
  const run = (id: string, nfe: number, more = {}) =>
    readyRun(problem, { solver: id, nfe, settings: { ...settings, ...more } });
  const options = { samples: 40, seed: 3 };

  it('falls at the order of the solver', async () => {
    for (const [id, order] of [
      ['ddim', 1],
      ['dpm-solver++2m', 2],
    ] as const) {
      const [coarse, fine] = await Promise.all(
        [21, 41].map((nfe) => distanceToReference(problem, run(id, nfe), options)),
      );
      if (!coarse || !fine) throw new Error('there is a reference');
      expect(Math.abs(Math.log2(coarse.value / fine.value) - order)).toBeLessThan(0.35);
      expect(fine.floor).toBeLessThan(fine.value / 100);
      expect(fine.low).toBeGreaterThan(0);
    }
  });

  it('is from the same start: of another seed it is no nearer than two samples are', async () => {
    const reference = await referenceSolution(problem, run('ddim', 5), options);
    const other = await sample({ ...run('ddim', 200), moments: problem.moments, samples: 40, seed: 4 });
    const own = await sample({ ...run('ddim', 200), moments: problem.moments, samples: 40, seed: 3 });
    const distance = (x: ArrayLike<number>): number =>
      Math.max(...Array.from(x, (value, i) => Math.abs(value - (reference?.samples.data[i] ?? NaN))));
    expect(distance(own.data)).toBeLessThan(0.05);
    expect(distance(other.data)).toBeGreaterThan(0.5);
  });

  it('agrees with an independent fine solution', async () => {
    const reference = await referenceSolution(problem, run('ddim', 5), options);
    const plan = solver('deis-rhork-4').plan(problem.process, {
      nfe: 1601,
      grid: timeGrid.halfLogSnr(),
      lastStep: 'predict-at-end',
    });
    const { denoiser } = problem;
    const fine = await sample({ plan, denoiser, start: 'zero-mean', samples: 40, seed: 3 });
    const worst = Math.max(...fine.data.map((x, i) => Math.abs(x - (reference?.samples.data[i] ?? NaN))));
    expect(worst).toBeLessThan(2e-5);
  });

  it('of an SDE is on its own Brownian path, and null for new noise at each step and for drawn classes', async () => {
    const [coarse, fine] = await Promise.all(
      [10, 80].map((nfe) =>
        distanceToReference(problem, run('sde-dpm-solver++2m', nfe, { noise: 'path' }), options),
      ),
    );
    expect(fine?.value ?? NaN).toBeLessThan((coarse?.value ?? NaN) / 2);
    for (const nfe of [1, 10]) {
      expect(await distanceToReference(problem, run('sde-dpm-solver++2m', nfe), options)).toBeNull();
    }
    const text = await makeProblem('simplex-3');
    const drawing = readyRun(text, { solver: 'bfn', nfe: 4, settings: {} });
    expect(await distanceToReference(text, drawing, options)).toBeNull();
    const ode = readyRun(text, { solver: 'bfn-solver1', nfe: 4, settings: {} });
    expect((await distanceToReference(text, ode, options))?.value).toBeGreaterThan(0);
  });
});

describe('compare', () => {
  const problems = [{ id: 'mixture-1d', parameters: {} }];
  const base = {
    problems,
    solvers: ['bfn', 'bfn-solver++1', 'bfn-solver++2'],
    nfe: [3, 6, 12],
    samples: 200,
    seed: 1,
  };

  it('has comparisons, findings and slopes, and intervals of the calls; with repeats they are narrower', async () => {
    const one = await compare({ ...base, distanceToReference: true });
    const pairs = one.comparisons.filter(({ metric }) => metric === 'frechet-distance');
    expect(pairs).toHaveLength(9);
    expect(one.comparisons).toHaveLength(36);
    for (const { nfe, solvers, difference } of pairs) {
      const [a, b] = solvers.map((id) => one.cells.find((cell) => cell.solver === id && cell.nfe === nfe));
      const values = [a, b].map((cell) => cell?.metrics['frechet-distance'].value ?? NaN);
      expect(difference.value).toBeCloseTo(values[0] - values[1], 12);
    }
    expect(one.findings.map(({ metric, nfe }) => `${metric} ${nfe}`)).toEqual(
      ['frechet-distance', 'sliced-wasserstein'].flatMap((id) => [3, 6, 12].map((nfe) => `${id} ${nfe}`)),
    );
    const convergence = one.slopes.filter(({ of }) => of === 'distance-to-reference');
    expect(convergence.map(({ label }) => label)).toEqual(['bfn-solver++1', 'bfn-solver++2']);
    for (const { slope } of convergence) expect(slope.value).toBeLessThan(-0.5);
    expect(one.cells[0].distanceToReference).toBeNull();
    const text = comparisonTable(one);
    expect(text).toContain('distance to the reference solution');
    expect(text).toContain("after Holm's correction over the 36 comparisons");

    const four = await compare({ ...base, repeats: 4 });
    expect(four.cells[0].distanceToReference).toBeUndefined();
    const width = ({ comparisons }: typeof one): number =>
      comparisons.reduce((sum, { difference: { low, high } }) => sum + (high - low), 0);
    expect(width(four)).toBeLessThan(0.75 * width(one));
  });

  it('computes the metrics asked for, and no others', async () => {
    const {
      cells,
      problems: reports,
      findings,
    } = await compare({
      ...base,
      nfe: [3],
      metrics: ['marginal-ks-max', 'kernel-distance'],
    });
    expect(Object.keys(cells[0].metrics)).toEqual(['kernel-distance', 'marginal-ks-max']);
    expect(reports[0].quality).toEqual([]);
    expect(findings).toEqual([]);
    const more = await compare({ ...base, nfe: [3], metrics: ['default', 'recall'] });
    expect(Object.keys(more.cells[0].metrics)).toEqual([
      ...Object.keys(more.cells[0].metrics).slice(0, 4),
      'recall',
    ]);
    await expect(compare({ ...base, metrics: ['beauty'] })).rejects.toThrow('unknown metric "beauty"');
    await expect(compare({ ...base, metrics: ['recall', 'recall'] })).rejects.toThrow('listed twice');
  });

  it('leaves out opt-in metrics by default; a version is a whole number', async () => {
    const { truth } = await makeProblem('mixture-1d');
    expect(metricsFor(truth).map(({ id }) => id)).not.toContain('kernel-distance');
    expect(() => registerMetric({ id: 'odd', description: '', version: 0.5, make: () => undefined })).toThrow(
      'version of the metric "odd"',
    );
  });
});

it('an interval of replicates is what the jackknife says', () => {
  const x = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const { left, ...estimate } = jackknife(
    (list) => Array.from(list).reduce((s, i) => s + x[i], 0) / list.length,
    50,
  );
  expect(estimateOf({ value: estimate.value, left: [left], samples: 50 })).toEqual(estimate);
});
