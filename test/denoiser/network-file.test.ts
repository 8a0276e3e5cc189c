import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, zeros } from '../../src/array/batch.js';
import { makeBins } from '../../src/bfn/bins.js';
import { discretisedNormalHead } from '../../src/bfn/heads.js';
import { binNetwork, binaryNetwork, classNetwork } from '../../src/bfn/networks.js';
import { adapt, clip, type Network, type Predicts } from '../../src/denoiser/adapters.js';
import { describedNetwork } from '../../src/denoiser/described.js';
import {
  loadNetworkFile,
  predictionKinds,
  readNetwork,
  type WrittenNetwork,
} from '../../src/denoiser/network-file.js';
import { UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import type { Process } from '../../src/process/process.js';
import { batchOf, largestDifference, normalMatrix } from './laws.js';
import { randomStream } from '../../src/random/index.js';
import { linearDescription } from './onnx-file.js';

/** Any function of state and time that keeps neighbours apart; `outputs` numbers for each that it is shown. */
const mixing =
  (outputs = 1, shape?: readonly number[]): Network =>
  (x, times) => {
    const n = x.shape[0];
    const size = x.data.length / n;
    const out = zeros(shape ? [n, ...shape] : x.shape, 'float64');
    for (let j = 0; j < x.data.length * outputs; j++) {
      const i = Math.floor(j / (size * outputs));
      const at = i * size + (Math.floor(j / outputs) % size);
      const next = i * size + ((Math.floor(j / outputs) + 1) % size);
      out.data[j] = Math.sin(x.data[at] + 0.5 * x.data[next] + times[i] + (j % 7));
    }
    return out;
  };

const discrete = (classes: number, length: number, more: Partial<WrittenNetwork>): WrittenNetwork => ({
  format: 'bfn-sde network 1',
  process: { id: 'bfn-discrete', parameters: { classes, beta1: 1.5 } },
  sampleShape: [length, classes],
  predicts: 'logits',
  data: { kind: 'vector' },
  ...more,
});

const predictions = async (denoiser: Denoiser, process: Process, seed: number): Promise<Batch> => {
  const size = denoiser.sampleShape.reduce((a, b) => a * b, 1);
  const rows = batchOf(normalMatrix(2, size, randomStream(seed, 'states')));
  const moments = [0.2, 0.7].map((u) => {
    const t = process.dataEnd + u * (process.noiseEnd - process.dataEnd);
    return { t, alpha: process.alpha(t), sigma: process.sigma(t), time: process.networkTime(t) };
  });
  return denoiser.predict({ shape: [2, ...denoiser.sampleShape], data: rows.data }, moments);
};

const bins = makeBins(8);
const doubled: Network = (x, times) =>
  mixing()({ shape: x.shape, data: x.data.map((value) => 2 * value - 1) }, times);
const guises = predictionKinds.filter((kind) => !/logit|discretised/.test(kind)) as Predicts[];

describe('a description gives the denoiser that the adapters make by hand', () => {
  it.each<[string, WrittenNetwork, Network, Denoiser]>([
    ...guises.map((predicts): [string, WrittenNetwork, Network, Denoiser] => [
      predicts,
      linearDescription(3, { predicts, ...(predicts === 'edm' && { sigmaData: 0.5 }) }),
      mixing(),
      adapt(mixing(), { sampleShape: [3], predicts, sigmaData: 0.5 }),
    ]),
    [
      'noise with clip, small time, scale and shift',
      linearDescription(3, {
        ...{ predicts: 'noise', clip: [-1, 1], smallTime: 0.5 },
        input: { kind: 'state', scale: 2, shift: -1 },
      }),
      mixing(),
      clip(adapt(doubled, { sampleShape: [3], predicts: 'noise', smallTime: { tMin: 0.5 } }), -1, 1),
    ],
    [
      'a clock of its own',
      linearDescription(3, { clock: { kind: 'log-process', scale: 0.25, shift: 3 } }),
      mixing(),
      adapt(mixing(), { sampleShape: [3], predicts: 'noise', clock: ({ time }) => Math.log(time) / 4 + 3 }),
    ],
    ['logits', discrete(3, 4, {}), mixing(), classNetwork(mixing(), { sampleShape: [4, 3] })],
    [
      'logits of a network that is shown 2 theta - 1',
      discrete(3, 4, { input: { kind: 'softmax', scale: 2, shift: -1 } }),
      mixing(),
      classNetwork(doubled, { sampleShape: [4, 3] }),
    ],
    [
      'a binary logit',
      discrete(2, 4, { predicts: 'binary-logit' }),
      mixing(),
      binaryNetwork(mixing(), { length: 4 }),
    ],
    [
      'a discretised normal',
      linearDescription(4, { predicts: 'discretised-normal', bins: 8, smallTime: 1e-6 }),
      mixing(2, [4, 2]),
      binNetwork(mixing(2, [4, 2]), { sampleShape: [4], bins, head: discretisedNormalHead({ bins }) }),
    ],
  ])('%s', async (_, written, network, byHand) => {
    const { denoiser, process } = await describedNetwork(written, network);
    expect(Object.keys(denoiser).sort()).toEqual(Object.keys(byHand).sort());
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const [mine, other] = [
          await predictions(denoiser, process, seed),
          await predictions(byHand, process, seed),
        ];
        expect(mine.shape).toEqual(other.shape);
        expect(largestDifference(mine.data, other.data)).toBeLessThan(1e-12);
      }),
      { numRuns: 20 },
    );
  });

  it('of a discretised normal with channels first, two numbers a channel are next to each other', async () => {
    // 2 channels in 3 places: the state is [place, channel], what it gives [2 channel + number, place]
    const first: Network = (x) => {
      expect(x.shape).toEqual([2, 2, 3]);
      return { shape: [2, 4, 3], data: Float64Array.from({ length: 24 }, (_, i) => i % 12) };
    };
    const last: Network = () => ({
      shape: [2, 6, 2],
      data: Float64Array.from({ length: 24 }, (_, i) => {
        const [place, channel, number] = [Math.floor((i % 12) / 4), Math.floor((i % 4) / 2), i % 2];
        return (2 * channel + number) * 3 + place;
      }),
    });
    const written = linearDescription(6, { predicts: 'discretised-normal', bins: 8 });
    const one = await describedNetwork({ ...written, layout: 'channels-first', inputShape: [2, 3] }, first);
    const other = await describedNetwork(written, last);
    const [a, b] = [
      await predictions(one.denoiser, one.process, 1),
      await predictions(other.denoiser, other.process, 1),
    ];
    expect([...a.data]).toEqual([...b.data]);
  });
});

const good = linearDescription(3);

describe('what is not accepted is told with its place and what is', () => {
  it.each<[object, string]>([
    [{ format: undefined }, 'n.json: format is missing'],
    [{ format: 'onnx' }, 'n.json: format is "onnx"; it must be "bfn-sde network 1"'],
    [{ process: 'bfn' }, 'n.json: process is "bfn"; it must be a process: { id, parameters }'],
    [
      { process: { id: 'bfn', sigma: 1 } },
      'n.json: process: unknown key "sigma"; accepted are id, parameters',
    ],
    [{ sampleShape: 3 }, 'n.json: sampleShape is 3; it must be a list of whole numbers, [d] or [length, K]'],
    [{ sampleShape: [3, 2, 1] }, 'n.json: sampleShape is [3,2,1]; it must be [d] or [length, K]'],
    [{ sampleShape: [1.5] }, 'n.json: sampleShape[0] is 1.5; it must be a whole number from 1'],
    [
      { predicts: 'eps' },
      'n.json: predicts is "eps"; it must be one of noise, data, score, velocity, flow-velocity, edm, logits, binary-logit, discretised-normal',
    ],
    [{ clip: [1, -1] }, 'n.json: clip is [1,-1]; it must be two numbers, the lower first'],
    [{ input: 'pixels' }, 'n.json: input.kind is "pixels"; it must be one of state, scaled, softmax, binary'],
    [{ clock: { kind: 'process', scale: '2' } }, 'n.json: clock.scale is "2"; it must be a number'],
    [
      { data: { kind: 'picture', width: 0, height: 2 } },
      'n.json: data.width is 0; it must be a whole number from 1',
    ],
    [{ data: 'text' }, 'n.json: data is "text"; it must be { kind: text | picture | vector, ... }'],
    [{ data: { kind: 'sound' } }, 'n.json: data.kind is "sound"; it must be one of text, picture, vector'],
    [{ inputs: { state: 'x', times: 't' } }, 'n.json: inputs: unknown key "times"; accepted are state, time'],
    [{ constants: { y: 'cat' } }, 'n.json: constants.y is "cat"; it must be a number or a list of numbers'],
    [{ beta: 1 }, 'n.json: unknown key "beta"; accepted are format, process, sampleShape, '],
  ])('%j', (change, message) => {
    const written = JSON.parse(JSON.stringify({ ...good, ...change })) as unknown;
    expect(() => readNetwork(written, 'n.json')).toThrow(UsageError);
    expect(() => readNetwork(written, 'n.json')).toThrow(message);
  });

  const text = (alphabet: string) => ({ data: { kind: 'text', alphabet } }) as const;
  const picture = { data: { kind: 'picture', width: 2, height: 2, channels: 1 } } as const;

  it.each<[WrittenNetwork, string]>([
    [
      linearDescription(3, { sampleShape: [3, 2] }),
      'sampleShape is [3, 2]; of the process bfn-continuous it must be [d], of vectors',
    ],
    [
      discrete(3, 4, { sampleShape: [4, 2] }),
      'sampleShape is [4, 2]; of the process bfn-discrete it must be [length, 3]',
    ],
    [
      linearDescription(3, { predicts: 'logits' }),
      'predicts is logits; the process bfn-continuous has no classes, so it cannot be',
    ],
    [
      discrete(3, 4, { predicts: 'binary-logit' }),
      'predicts is binary-logit; it must be of 2 classes, and the process bfn-discrete has 3',
    ],
    [
      discrete(3, 4, { input: 'binary' }),
      'input is binary; of a network that predicts logits on the process bfn-discrete it must be softmax or state',
    ],
    [linearDescription(3, { predicts: 'edm' }), 'sigmaData is missing; edm and scaled inputs need it'],
    [linearDescription(3, { sigmaData: 1 }), 'sigmaData is 1; only edm and scaled inputs take it'],
    [
      linearDescription(3, { predicts: 'discretised-normal' }),
      'bins is missing; a discretised normal needs their number',
    ],
    [linearDescription(3, { bins: 16 }), 'bins is 16; only a discretised normal takes it'],
    [
      linearDescription(3, { predicts: 'data', smallTime: 1e-6 }),
      'smallTime is 0.000001; only predictions of noise and a discretised normal take it',
    ],
    [discrete(3, 4, { clip: [-1, 1] }), 'clip is [-1, 1]; only predictions of the data as a point take it'],
    [discrete(3, 4, text('ab')), 'data.alphabet has 2 characters; it must have one a class, 3'],
    [discrete(3, 4, text('aba')), 'data.alphabet has a character twice; they must differ'],
    [linearDescription(3, picture), 'data is a picture of 2 x 2 x 1 values; by sampleShape it must have 3'],
    [
      linearDescription(3, { dataRange: [-1, 1], clip: [0, 1] }),
      'dataRange is [-1, 1]; it must be within clip, [0, 1]',
    ],
    [discrete(3, 4, { dataRange: [0, 1] }), 'dataRange is [0, 1]; data of classes have none'],
    [
      linearDescription(3, { predicts: 'discretised-normal', bins: 4, dataRange: [0, 1] }),
      'dataRange is [0, 1]; with bins it must be [-1, 1]',
    ],
    [
      linearDescription(3, { inputShape: [2, 2] }),
      'inputShape is [2, 2], 4 numbers; it must be as many as [3]',
    ],
    [linearDescription(3, { outputShape: [4] }), 'outputShape is [4], 4 numbers; it must be as many as [3]'],
    [
      linearDescription(3, { layout: 'channels-first' }),
      'layout is channels-first; inputShape must then be [channels, ...], and is [3]',
    ],
    [
      linearDescription(3, { constants: { t: 1 } }),
      'the graph input t is given twice, in inputs and constants',
    ],
    [
      linearDescription(3, { process: { id: 'bfn-continuous', parameters: {} } }),
      'process "bfn-continuous" needs sigma1',
    ],
  ])('%j', async (written, message) => {
    const failure = describedNetwork(written, mixing());
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow(message);
  });

  it('a prediction of another shape than the description says', async () => {
    const { denoiser, process } = await describedNetwork(good, mixing(2, [3, 2]));
    await expect(predictions(denoiser, process, 1)).rejects.toThrow(
      'the network gave shape [2, 3, 2]; by its description it gives [2, 3]',
    );
  });

  it('all mistakes of a file at once; what is no JSON; what is there is read back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bfn-network-'));
    const path = join(folder, 'n.json');
    try {
      await writeFile(path, '{ "format": "bfn-sde network 1", "predicts": 1 }');
      await expect(loadNetworkFile(path)).rejects.toThrow(
        new RegExp(
          `^${path}: process is missing\n${path}: sampleShape is missing\n${path}: predicts is 1; [^\n]*\n${path}: data is missing$`,
        ),
      );
      await writeFile(path, '{');
      await expect(loadNetworkFile(path)).rejects.toThrow(
        `cannot read the description of a network from ${path}: `,
      );
      await writeFile(path, JSON.stringify(good));
      const read = await loadNetworkFile(path);
      expect(readNetwork(read)).toEqual(read);
      expect(read).toMatchObject({ layout: 'channels-last', inputs: { state: 'x', time: 't' }, output: 'y' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
