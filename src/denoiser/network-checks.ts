import { elements } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Process } from '../process/process.js';
import type { InputKind, NetworkDescription, PredictionKind } from './network-file.js';
import { inputOf, shapesOf } from './network-shapes.js';

const list = (numbers: readonly number[]): string => `[${numbers.join(', ')}]`;

const acceptedInputs = (predicts: PredictionKind, classes: number | undefined): readonly InputKind[] => {
  switch (predicts) {
    case 'logits':
      return ['softmax', 'state'];
    case 'binary-logit':
      return ['binary'];
    case 'discretised-normal':
      return ['state'];
    default:
      return classes === undefined ? ['state', 'scaled'] : ['state', 'scaled', 'softmax'];
  }
};

/** The first thing of the state, the process and the prediction that does not fit the others. */
const misfit = (description: NetworkDescription, { id, classes }: Process): string | undefined => {
  const { sampleShape, predicts, bins, sigmaData, smallTime, clip } = description;
  const ofClasses = predicts === 'logits' || predicts === 'binary-logit';
  const [, last] = sampleShape;
  if (classes === undefined && ofClasses) {
    return `predicts is ${predicts}; the process ${id} has no classes, so it cannot be`;
  }
  if (classes === undefined ? last !== undefined : last !== classes) {
    const wanted = classes === undefined ? '[d], of vectors' : `[length, ${classes}]`;
    return `sampleShape is ${list(sampleShape)}; of the process ${id} it must be ${wanted}`;
  }
  if (predicts === 'binary-logit' && classes !== 2) {
    return `predicts is binary-logit; it must be of 2 classes, and the process ${id} has ${classes}`;
  }
  const { kind } = inputOf(description);
  const inputs = acceptedInputs(predicts, classes);
  if (!inputs.includes(kind)) {
    return `input is ${kind}; of a network that predicts ${predicts} on the process ${id} it must be ${inputs.join(' or ')}`;
  }
  const needsDeviation = predicts === 'edm' || kind === 'scaled';
  if (needsDeviation !== (sigmaData !== undefined)) {
    return needsDeviation
      ? 'sigmaData is missing; edm and scaled inputs need it'
      : `sigmaData is ${sigmaData}; only edm and scaled inputs take it`;
  }
  const discretised = predicts === 'discretised-normal';
  if (discretised !== (bins !== undefined)) {
    return discretised
      ? 'bins is missing; a discretised normal needs their number'
      : `bins is ${bins}; only a discretised normal takes it`;
  }
  if (smallTime !== undefined && predicts !== 'noise' && !discretised) {
    return `smallTime is ${smallTime}; only predictions of noise and a discretised normal take it`;
  }
  if (clip && (ofClasses || discretised)) {
    return `clip is ${list(clip)}; only predictions of the data as a point take it`;
  }
  return undefined;
};

/** The first thing of the data and their range that does not fit. */
const dataMisfit = (description: NetworkDescription, { classes }: Process): string | undefined => {
  const { sampleShape, data, dataRange, clip, bins } = description;
  const [variables] = sampleShape;
  if (data.kind === 'text') {
    const { length } = data.alphabet;
    if (length !== classes) {
      return `data.alphabet has ${length} characters; it must have one a class, ${classes ?? 'and the process has none'}`;
    }
    if (new Set(data.alphabet).size < length) return 'data.alphabet has a character twice; they must differ';
  }
  if (data.kind === 'picture') {
    const { width, height, channels } = data;
    if (width * height * channels !== variables) {
      return `data is a picture of ${width} x ${height} x ${channels} values; by sampleShape it must have ${variables}`;
    }
  }
  if (!dataRange) return undefined;
  const range = `dataRange is ${list(dataRange)}`;
  if (classes !== undefined) return `${range}; data of classes have none`;
  if (bins !== undefined && (dataRange[0] !== -1 || dataRange[1] !== 1)) {
    return `${range}; with bins it must be [-1, 1]`;
  }
  if (clip && (clip[0] > dataRange[0] || clip[1] < dataRange[1])) {
    return `${range}; it must be within clip, ${list(clip)}`;
  }
  return undefined;
};

/** The first thing of what the graph takes and gives that does not fit. */
const graphMisfit = (description: NetworkDescription): string | undefined => {
  const { layout, inputs, constants } = description;
  const { seen, told, inputShape, outputShape } = shapesOf(description);
  for (const [name, shape, wanted] of [
    ['inputShape', inputShape, seen],
    ['outputShape', outputShape, told],
  ] as const) {
    if (elements(shape) !== elements(wanted)) {
      return `${name} is ${list(shape)}, ${elements(shape)} numbers; it must be as many as ${list(wanted)}`;
    }
  }
  if (layout === 'channels-first' && inputShape.length < 2) {
    return `layout is channels-first; inputShape must then be [channels, ...], and is ${list(inputShape)}`;
  }
  const names = [inputs.state, ...(inputs.time === undefined ? [] : [inputs.time])];
  const twice = [...names, ...Object.keys(constants)].find((name, i, all) => all.indexOf(name) < i);
  return twice === undefined ? undefined : `the graph input ${twice} is given twice, in inputs and constants`;
};

/** Throws a `UsageError` for the first thing that does not fit the others. */
export const checkDescription = (description: NetworkDescription, process: Process): void => {
  const wrong = misfit(description, process) ?? dataMisfit(description, process) ?? graphMisfit(description);
  if (wrong !== undefined) throw new UsageError(wrong);
};
