import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, Statistic, TextModel } from '../metric.js';
import { jensenShannon } from './jensen-shannon.js';
import { lazy, symbols } from './samples.js';

/** The codes `state · K + character` of the n-grams of a sequence, n = order + 1; the state that follows `order` characters does not depend on the state before. */
const writeCodes = (model: TextModel, sequence: Int32Array, out: Int32Array): void => {
  let state = 0;
  sequence.forEach((character, position) => {
    const at = position - model.order;
    if (at >= 0) out[at] = state * model.alphabet.length + character;
    state = model.next(state, character);
  });
};

/**
 * Jensen-Shannon divergence, in bits, between the n-grams of the samples and those of the truth, n = order + 1: the pairs of
 * (state after `order` characters, next character), whose exact law is `stationary(state) p(character | state)`. Contexts
 * that lead to one state are counted together, as they are alike under the model. Unlike bits, it sees lack of diversity.
 * Its floor is that of a histogram: about (cells - 1) / (8 ln 2 N) bits for N independent n-grams.
 *
 * Throws a `UsageError` if the sequences are not longer than the order.
 */
export const ngramDivergence = (model: TextModel, length: number): Metric => {
  const id = 'ngram-divergence';
  const K = model.alphabet.length;
  const perSample = length - model.order;
  if (perSample < 1) throw new UsageError(`${id}: sequences of ${length} have no ${model.order + 1}-gram`);
  const truth = lazy(() =>
    Float64Array.from(
      { length: model.stationary.length * K },
      (_, code) => model.stationary[Math.floor(code / K)] * model.conditional(Math.floor(code / K), code % K),
    ),
  );
  const over = (samples: Batch): Statistic => {
    const classes = symbols(id, samples, length, K);
    const codes = new Int32Array(samples.shape[0] * perSample);
    for (let i = 0; i < samples.shape[0]; i++) {
      const sequence = classes.subarray(i * length, (i + 1) * length);
      writeCodes(model, sequence, codes.subarray(i * perSample, (i + 1) * perSample));
    }
    // From here on only cells that the samples visit, numbered in order, and one last cell for all others: in a divergence
    // points that one law has never visited count by their total.
    const visited = Int32Array.from(new Set(codes)).sort();
    const cellOf = new Int32Array(truth().length);
    visited.forEach((code, cell) => (cellOf[code] = cell));
    const cells = codes.map((code) => cellOf[code]);
    const expected = new Float64Array(visited.length + 1);
    visited.forEach((code, cell) => (expected[cell] = truth()[code]));
    expected[visited.length] = Math.max(0, 1 - expected.reduce((a, b) => a + b, 0));

    return (indices) => {
      const share = 1 / (indices.length * perSample);
      const frequencies = new Float64Array(visited.length + 1);
      for (const i of indices) {
        for (let at = i * perSample; at < (i + 1) * perSample; at++) frequencies[cells[at]] += share;
      }
      return indices.length === 0 ? NaN : jensenShannon(frequencies, expected);
    };
  };
  return Object.freeze({
    id,
    unit: 'bits',
    description: `Jensen-Shannon divergence of the ${model.order + 1}-grams from their exact law`,
    reference: 'Lin 1991',
    bounds: { low: 0, high: 1 },
    over,
  });
};
