import { elements, precisionOf, samplesOf, zeros, type Batch } from '../array/batch.js';
import { adapt, type Network } from '../denoiser/adapters.js';
import { softmax } from '../denoiser/conversions.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { Bins } from './bins.js';
import type { Head } from './head.js';
import { softmaxHead } from './heads.js';
import { binDenoiser, chain, type BinDenoiser, type DistributionDenoiser } from './output.js';

const timesOf = (moments: readonly Moment[]): Float64Array => Float64Array.from(moments, ({ time }) => time);

/** Applies a head to the raw outputs of a batch, item by item. */
const applyHead = (head: Head, raw: Batch, x: Batch, moments: readonly Moment[], shape: number[]): Batch => {
  const out = zeros(shape, 'float64');
  const wanted = (elements(shape) / (head.classes ?? 1)) * head.outputs;
  if (raw.shape[0] !== moments.length || raw.data.length !== wanted) {
    throw new UsageError(
      `the network gave shape [${raw.shape.join(', ')}]; accepted is ${head.outputs} numbers a variable, ${wanted} in all`,
    );
  }
  moments.forEach((moment, i) => {
    const [item, state] = [samplesOf(raw, i, i + 1).data, samplesOf(x, i, i + 1).data];
    samplesOf(out, i, i + 1).data.set(head.apply(item, state, moment));
  });
  return out;
};

/**
 * A network of discretised data, by `discretisedNormalHead` or a head of one's own over the bins: it sees mu, [n, ...sampleShape], and
 * BFN time, [n], and gives [n, ...sampleShape, outputs]. Throws a `UsageError` for a head of another number of bins.
 */
export const binNetwork = (
  network: Network,
  {
    sampleShape,
    bins,
    head,
  }: { readonly sampleShape: readonly number[]; readonly bins: Bins; readonly head: Head },
): BinDenoiser => {
  if (head.classes !== bins.count) {
    throw new UsageError(
      `the head ${head.id} is over ${head.classes ?? 'no'} bins; accepted is one over ${bins.count}`,
    );
  }
  return binDenoiser(sampleShape, bins, (x, moments) =>
    chain(network(x, timesOf(moments)), (raw) =>
      applyHead(head, raw, x, moments, [moments.length, ...sampleShape, bins.count]),
    ),
  );
};

/**
 * A network of K logits a variable, [n, length, K], that sees `softmax(z)` (or what `input` makes of the state) and BFN time: as
 * `adapt(network, { predicts: 'logits' })`, with its distribution.
 */
export const classNetwork = (
  network: Network,
  { sampleShape, input }: { readonly sampleShape: readonly number[]; readonly input?: (x: Batch) => Batch },
): DistributionDenoiser => {
  const classes = sampleShape[sampleShape.length - 1];
  const head = softmaxHead(classes);
  const shown = input ?? probabilities;
  const denoiser = adapt(network, { sampleShape, predicts: 'logits', input: shown });
  return Object.freeze({
    ...denoiser,
    classes,
    logProbabilities: (x: Batch, moments: readonly Moment[]) =>
      chain(network(shown(x), timesOf(moments)), (raw) =>
        applyHead(head, raw, x, moments, [moments.length, ...sampleShape]),
      ),
  });
};

/** `softmax(z)` along the last axis. */
const probabilities = (z: Batch): Batch => {
  const out = zeros(z.shape, precisionOf(z.data));
  softmax(z.data, z.shape[z.shape.length - 1], out.data);
  return out;
};

/** What the released binary networks see: `2 theta_0 - 1 = tanh((z_0 - z_1)/2)`, theta_0 the probability of class **0**: [n, ..., 2] to [n, ...]. */
export const binaryInput = (z: Batch): Batch => {
  const out = zeros(z.shape.slice(0, -1), precisionOf(z.data));
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = Math.tanh((z.data[2 * i] - z.data[2 * i + 1]) / 2);
  }
  return out;
};

/**
 * A network of binary data in the convention of the released checkpoints (Graves et al. 2023's code): it sees one number a variable,
 * `2 theta_0 - 1`, [n, length], and gives one logit, of class 1, [n, length]. The state stays z, [n, length, 2].
 */
export const binaryNetwork = (
  network: Network,
  { length }: { readonly length: number },
): DistributionDenoiser => {
  requireWhole('length', length, 1);
  // the logits of the two classes are 0 and l
  const pairs: Network = (x, times) =>
    chain(network(binaryInput(x), times), (raw) => {
      if (raw.data.length !== x.data.length / 2) {
        throw new UsageError(
          `the network gave shape [${raw.shape.join(', ')}]; accepted is one logit a variable, ${x.data.length / 2} in all`,
        );
      }
      const logits = zeros(x.shape, precisionOf(raw.data));
      for (let i = 0; i < raw.data.length; i++) logits.data[2 * i + 1] = raw.data[i];
      return logits;
    });
  return classNetwork(pairs, { sampleShape: [length, 2], input: (x) => x });
};
