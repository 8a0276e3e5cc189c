import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DescribedNetwork } from '../src/denoiser/described.js';
import type { NetworkDescription } from '../src/denoiser/network-file.js';
import { weightFiles } from '../src/denoiser/onnx-weights.js';
import { UsageError } from '../src/errors.js';
import type { Json } from '../src/json.js';
import { type Engine, type OpenTrainedOptions, filesOf, openTrained } from '../src/train/trained.js';
import type { Process } from '../src/process/process.js';
import { type Model, mostLikelyClasses } from './problem.js';

/** Solvers for a process: of BFN those of the papers, of another those that they are instances of. */
const solversOf = ({ id, classes }: Process): Model['solvers'] => {
  if (id === 'bfn-continuous') return ['bfn', 'bfn-solver++1', 'bfn-solver++2', 'sde-bfn-solver++2'];
  if (classes === undefined) return ['sde-dpm-solver++1', 'ddim', 'dpm-solver++2m', 'sde-dpm-solver++2m'];
  if (id === 'bfn-discrete') {
    return ['bfn', 'sde-bfn-solver1', 'sde-bfn-solver2', 'bfn-solver1', 'bfn-solver2'];
  }
  return ['sde-dpm-solver++1', 'ddim', 'dpm-solver++2m'];
};

const viewOf = ({ description, process: { classes } }: DescribedNetwork): Pick<Model, 'view'> => {
  const { data, dataRange = [-1, 1] } = description;
  if (data.kind === 'vector') return {};
  if (data.kind === 'text') return { view: data };
  // of classes, a grey a class
  return { view: { ...data, range: classes === undefined ? dataRange : [0, classes - 1] } };
};

/** What can be sampled from, of a learned network: nothing is known of its data but what the network learned of them. */
export const modelOfNetwork = (
  id: string,
  parameters: Model['parameters'],
  network: DescribedNetwork,
): Model => {
  const { process, denoiser } = network;
  return {
    ...{ id, parameters, process, denoiser },
    decode: process.classes === undefined ? (result) => result : mostLikelyClasses,
    solvers: solversOf(process),
    ...viewOf(network),
  };
};

/** Of the graph and of the weights that lie in files beside it; of the weights alone where there is no graph. */
const sha256Of = async ({ graph, weights }: ReturnType<typeof filesOf>): Promise<string> => {
  const content = await readFile(graph).catch(() => undefined);
  const hash = createHash('sha256').update(content ?? '');
  const beside = content ? weightFiles(content).map((file) => join(dirname(graph), file)) : [weights];
  for (const file of beside) await pipeline(createReadStream(file), hash, { end: false });
  return hash.digest('hex');
};

/** A model that holds a session of its network until it is released. */
export interface OpenModel {
  readonly model: Model;
  readonly description: NetworkDescription;
  readonly engine: Engine;
  /** Of all that its predictions depend on: the file, the weights beside it, if there are such, and the description. */
  readonly checksum: string;
  /** What a user should know: that a provider was not there. */
  readonly note?: string;
  release(): Promise<void>;
}

/**
 * The model of a network in a file, NAME.onnx with its description NAME.json beside it, or in the folder of a training. Its parameters say which
 * file it was, what was said of it, and what it runs on. Rejects with a `UsageError` like `openTrained`, and for a file of another ending.
 */
export const openModel = async (file: string, options: OpenTrainedOptions = {}): Promise<OpenModel> => {
  const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder && extname(file).toLowerCase() !== '.onnx') {
    throw new UsageError(
      `cannot open the network ${file}; accepted is NAME.onnx with NAME.json beside it, or the folder of a training`,
    );
  }
  const network = await openTrained(file, options);
  const { provider, engine, note, release, description } = network;
  const sha256 = await sha256Of(filesOf(file));
  const said = JSON.parse(JSON.stringify(description)) as Json;
  const checksum = createHash('sha256').update(sha256).update(JSON.stringify(said)).digest('hex');
  const parameters = { file, sha256, ...(provider ? { provider } : { engine }), description: said };
  const model = modelOfNetwork(basename(file, extname(file)), parameters, network);
  return { model, description, engine, checksum, release, ...(note !== undefined && { note }) };
};
