import { encode as encodePng } from 'fast-png';
import { extname } from 'node:path';
import type { Batch } from '../src/array/batch.js';
import { npyOf } from '../src/data/npy.js';
import { decode } from '../src/data/text.js';
import { UsageError } from '../src/errors.js';
import type { Model } from './problem.js';
import { lineFeedSign, rowsOf } from './rows.js';

/** From decoded samples to the content of a file. */
export type SamplesWriter = (samples: Batch) => string | Uint8Array;

/** What a problem's samples can be written as, by file ending. */
const writersOf = ({ view }: Model): Readonly<Record<string, SamplesWriter>> => {
  const arrays: Record<string, SamplesWriter> = { '.csv': csv, '.npy': npyOf };
  switch (view?.kind) {
    case 'text':
      return { '.txt': text(view.alphabet), ...arrays };
    case 'picture':
      return { ...arrays, '.png': contactSheet(view) };
    default:
      return arrays;
  }
};

/** What writes the samples of a problem to a file of that name. Throws a `UsageError` for an ending that does not fit. */
export const samplesWriter = (name: string, problem: Model): SamplesWriter => {
  const writers = writersOf(problem);
  const ending = extname(name).toLowerCase();
  if (Object.hasOwn(writers, ending)) return writers[ending];
  const accepted = Object.keys(writers).join(', ');
  throw new UsageError(`cannot write samples of "${problem.id}" to ${name}; the ending can be ${accepted}`);
};

/** The samples of a problem for a terminal: characters if they are text, else numbers. */
export const printedSamples = (samples: Batch, { view }: Model): string =>
  view?.kind === 'text' ? text(view.alphabet)(samples) : csv(samples);

const linesOf = (samples: Batch, line: (row: readonly number[]) => string): string =>
  rowsOf(samples)
    .map((row) => `${line(row)}\n`)
    .join('');

const csv = (samples: Batch): string => linesOf(samples, (row) => row.join(','));

const text =
  (alphabet: string) =>
  (samples: Batch): string =>
    linesOf(samples, (row) => decode(row, alphabet).replaceAll('\n', lineFeedSign));

type Picture = Extract<Model['view'], { kind: 'picture' }>;

/** Pictures side by side in a square, each pixel `zoom` wide; values beyond the range are cut off. */
const contactSheet =
  ({ width, height, channels = 1, range: [black, white] = [-1, 1] }: Picture, zoom = 4) =>
  ({ shape, data }: Batch): Uint8Array => {
    const [count] = shape;
    const columns = Math.ceil(Math.sqrt(count));
    const [across, down] = [(width + 1) * zoom, (height + 1) * zoom];
    const sheet = { width: columns * across + zoom, height: Math.ceil(count / columns) * down + zoom };
    const pixels = new Uint8Array(sheet.width * sheet.height * channels).fill(background);
    for (let i = 0; i < count; i++) {
      const [left, top] = [(i % columns) * across + zoom, Math.floor(i / columns) * down + zoom];
      for (let y = 0; y < height * zoom; y++) {
        for (let x = 0; x < width * zoom; x++) {
          const from = ((i * height + Math.floor(y / zoom)) * width + Math.floor(x / zoom)) * channels;
          const to = ((top + y) * sheet.width + left + x) * channels;
          for (let c = 0; c < channels; c++) {
            const share = (data[from + c] - black) / (white - black);
            pixels[to + c] = Math.round(255 * Math.min(1, Math.max(0, share)));
          }
        }
      }
    }
    return encodePng({ ...sheet, data: pixels, channels, depth: 8 });
  };

const background = 96;
