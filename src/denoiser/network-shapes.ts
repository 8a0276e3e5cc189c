import { precisionOf, zeros, type Batch } from '../array/batch.js';
import type { InputKind, NetworkDescription, PredictionKind, Shown } from './network-file.js';

const usualInput = (predicts: PredictionKind): InputKind =>
  predicts === 'logits'
    ? 'softmax'
    : predicts === 'binary-logit'
      ? 'binary'
      : predicts === 'edm'
        ? 'scaled'
        : 'state';

/** What the network sees, what it is to predict said alone. */
export const inputOf = ({ input, predicts }: NetworkDescription): Shown<InputKind> =>
  input ?? { kind: usualInput(predicts), scale: 1, shift: 0 };

/** The shapes of one sample on both sides of a network, channels last as in the state (`seen`, `told`) and as the network has them. */
export const shapesOf = (description: NetworkDescription) => {
  const { sampleShape, predicts, layout } = description;
  const seen = inputOf(description).kind === 'binary' ? sampleShape.slice(0, 1) : sampleShape;
  const pairs = predicts === 'discretised-normal';
  const told = pairs ? [...seen, 2] : seen;
  const { inputShape = seen } = description;
  const [first, ...others] = inputShape;
  const usual = !pairs
    ? inputShape
    : layout === 'channels-last'
      ? [...inputShape, 2]
      : [2 * first, ...others];
  return { seen, told, inputShape, outputShape: description.outputShape ?? usual };
};

/** Moves the first axis of every sample to the end, of `channels` and `places` entries, or the last to the start. */
export const moveChannels = (
  { shape, data }: Batch,
  channels: number,
  places: number,
  to: 'first' | 'last',
): Batch => {
  if (channels === 1 || places === 1) return { shape, data };
  const out = zeros(shape, precisionOf(data));
  for (let from = 0; from < data.length; from += channels * places) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < places; p++) {
        const [first, last] = [from + c * places + p, from + p * channels + c];
        if (to === 'first') out.data[first] = data[last];
        else out.data[last] = data[first];
      }
    }
  }
  return out;
};
