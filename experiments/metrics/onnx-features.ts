import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { type Batch, type Floats, elements, joined, sampleSize, samplesOf } from '../../src/array/batch.js';
import { loadOrt, reasonOf } from '../../src/denoiser/onnx-session.js';
import { UsageError } from '../../src/errors.js';
import type { FeatureOptions } from './frechet-on-features.js';

/** Samples of a call: what is held of a wide network's layers is bounded by it. */
const chunk = 256;

/** Of the input: the shape of a sample, or undefined where the graph leaves it open. Throws a `UsageError` for what no batch of samples can be given to. */
const inputOf = (path: string, { inputMetadata }: InferenceSession) => {
  const fail = (what: string): never => {
    throw new UsageError(
      `${path}: ${what}; accepted is a graph of one input of float32, any number of samples first`,
    );
  };
  const [input, ...others] = inputMetadata;
  if (!input || others.length > 0) fail(`the graph has ${inputMetadata.length} inputs`);
  if (!input.isTensor || input.type !== 'float32')
    fail(`its input is of type ${input.isTensor ? input.type : 'none'}`);
  const [first, ...shape] = (input as InferenceSession.TensorValueMetadata).shape;
  if (typeof first === 'number') fail(`its input takes ${first} samples a call`);
  const fixed = shape.every((d): d is number => typeof d === 'number');
  return { name: input.name, shape: fixed && first !== undefined ? shape : undefined };
};

/**
 * What a network in an ONNX file makes of samples, for `frechetOnFeatures`. The graph is given samples as they are decoded (values of a vector in the range of its
 * data, classes as whole numbers) in the shape of its one input, [n, ...], and its first output, [n, ...], is the features: scaling, channels and size are the graph's
 * own affair, so that the hash of the file covers them. Weights have to be in the file.
 *
 * Rejects with a `UsageError` where ONNX Runtime is not installed, the file cannot be read or loaded, or its input is another one. The features reject with one for
 * samples of another size.
 */
export const onnxFeatures = async (path: string): Promise<FeatureOptions> => {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new UsageError(`cannot read the network ${path}: ${error.message}`);
  });
  const ort = await loadOrt();
  // from memory, so that no weights beside the file are read, of which the hash would know nothing
  const session = await ort.InferenceSession.create(bytes, {
    ...{ executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 4 },
  }).catch((error: unknown) => {
    throw new UsageError(`cannot load the network ${path}, with its weights in the file: ${reasonOf(error)}`);
  });
  const { name, shape } = inputOf(path, session);
  const [output] = session.outputNames;
  const featuresOf = async (samples: Batch): Promise<Batch> => {
    const [n, d] = [samples.shape[0], sampleSize(samples)];
    if (shape && elements(shape) !== d) {
      throw new UsageError(`${path} takes [${shape.join(', ')}] a sample; these have ${d} numbers`);
    }
    const x = new ort.Tensor('float32', Float32Array.from(samples.data), [n, ...(shape ?? [d])]);
    const { type, dims, data } = (await session.run({ [name]: x }, [output]))[output];
    if ((type === 'float32' || type === 'float64') && dims[0] === n)
      return { shape: dims, data: data as Floats };
    throw new UsageError(
      `${path} gives [${dims.join(', ')}] of ${type} for ${n} samples; accepted are floats with the samples first`,
    );
  };
  return {
    label: basename(path, extname(path))
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, ''),
    hash: createHash('sha256').update(bytes).digest('hex'),
    preprocessing: 'in the graph',
    features: async (samples) => {
      const n = samples.shape[0];
      const parts: Batch[] = [];
      for (let from = 0; from < n; from += chunk) {
        parts.push(await featuresOf(samplesOf(samples, from, Math.min(n, from + chunk))));
      }
      return joined(parts);
    },
  };
};
