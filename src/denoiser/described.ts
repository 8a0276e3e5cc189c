import { elements, type Batch } from '../array/batch.js';
import { makeBins } from '../bfn/bins.js';
import { discretisedNormalHead } from '../bfn/heads.js';
import { binNetwork, binaryNetwork, classNetwork } from '../bfn/networks.js';
import { chain, type BinDenoiser, type DistributionDenoiser } from '../bfn/output.js';
import { UsageError } from '../errors.js';
import type { Denoiser } from '../plan/denoiser.js';
import type { Process } from '../process/process.js';
import { makeProcess } from '../process/registry.js';
import { adapt, clip, type Network } from './adapters.js';
import { checkDescription } from './network-checks.js';
import type { InputKind, NetworkDescription, Shown, WrittenNetwork } from './network-file.js';
import { inputOf, moveChannels, shapesOf } from './network-shapes.js';

/** Networks of logits and of discretised data tell their whole output distribution, too. */
export type NetworkDenoiser = Denoiser | DistributionDenoiser | BinDenoiser;

export interface DescribedNetwork {
  readonly description: NetworkDescription;
  readonly process: Process;
  readonly denoiser: NetworkDenoiser;
}

const affine = ({ shape, data }: Batch, { scale, shift }: Shown<InputKind>): Batch =>
  scale === 1 && shift === 0 ? { shape, data } : { shape, data: data.map((value) => scale * value + shift) };

/** The network as the adapters want it: from [n, ...seen] to [n, ...told], channels last, its own scaling, layout and clock inside. */
const atTheDoor = (network: Network, description: NetworkDescription): Network => {
  const { clock, layout } = description;
  const { told, inputShape, outputShape } = shapesOf(description);
  const input = inputOf(description);
  const shownTime = (time: number): number =>
    clock.scale * (clock.kind === 'log-process' ? Math.log(time) : time) + clock.shift;
  const moved = (batch: Batch, [channels, ...places]: readonly number[], to: 'first' | 'last'): Batch =>
    layout === 'channels-last' ? batch : moveChannels(batch, channels, elements(places), to);
  return (x, times) => {
    const n = times.length;
    const seen = { ...moved(affine(x, input), inputShape, 'first'), shape: [n, ...inputShape] };
    return chain(network(seen, times.map(shownTime)), (y) => {
      if (y.shape.join() !== [n, ...outputShape].join()) {
        throw new UsageError(
          `the network gave shape [${y.shape.join(', ')}]; by its description it gives [${[n, ...outputShape].join(', ')}]`,
        );
      }
      return { ...moved(y, outputShape, 'last'), shape: [n, ...told] };
    });
  };
};

const denoiserOf = (network: Network, description: NetworkDescription): NetworkDenoiser => {
  const { sampleShape, predicts, sigmaData, smallTime } = description;
  const { kind } = inputOf(description);
  switch (predicts) {
    case 'logits':
      return classNetwork(network, { sampleShape, ...(kind === 'state' && { input: (z: Batch) => z }) });
    case 'binary-logit':
      return binaryNetwork(network, { length: sampleShape[0] });
    case 'discretised-normal': {
      const bins = makeBins(description.bins ?? NaN);
      return binNetwork(network, {
        ...{ sampleShape, bins },
        head: discretisedNormalHead({ bins, tMin: smallTime ?? 0 }),
      });
    }
    default:
      return adapt(network, {
        ...{ sampleShape, predicts },
        input: kind as Exclude<InputKind, 'binary'>,
        ...(sigmaData !== undefined && { sigmaData }),
        ...(smallTime !== undefined && { smallTime: { tMin: smallTime } }),
      });
  }
};

/**
 * A process and a denoiser from a network in any framework and what its description says. The network is called with [n, ...inputShape], scaled and in its
 * layout, and the times of its own clock, [n]; it gives [n, ...outputShape].
 *
 * Rejects with a `UsageError` for a description that is not accepted, whose parts do not fit together or whose process cannot be made; the denoiser throws
 * one for a prediction of another shape.
 */
export const describedNetwork = async (
  written: WrittenNetwork,
  network: Network,
): Promise<DescribedNetwork> => {
  const { readNetwork } = await import('./network-file.js');
  const description = readNetwork(written);
  const { id, parameters } = description.process;
  const process = await makeProcess(id, parameters);
  checkDescription(description, process);
  const denoiser = denoiserOf(atTheDoor(network, description), description);
  const { clip: bounds } = description;
  return Object.freeze({
    ...{ description, process },
    denoiser: bounds ? clip(denoiser, ...bounds) : denoiser,
  });
};
