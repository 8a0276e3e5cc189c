import { randomStream, uniforms } from '../random/index.js';

/** Grey images as bytes: compact, and made numbers only where they are read. */
export interface GreyImages {
  readonly side: number;
  /** [count, side, side] row-major, from 0, the background, to `darkest`. */
  readonly pixels: Uint8Array;
  readonly darkest: number;
  /** [count] */
  readonly labels: Uint8Array;
}

/** Writes image `index` to `out` [to, to] in [-1, 1] (ink is 1), each block of (side / to)² pixels as its mean. */
export const writeImage = (
  out: Float32Array,
  { side, pixels, darkest }: GreyImages,
  index: number,
  to: number,
): void => {
  const factor = side / to;
  const most = darkest * factor * factor;
  const start = index * side * side;
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++) {
        const from = start + (y * factor + dy) * side + x * factor;
        for (let dx = 0; dx < factor; dx++) sum += pixels[from + dx];
      }
      out[y * to + x] = (2 * sum) / most - 1;
    }
  }
};

/** All images as numbers, [count, to²]. */
export const allImages = (images: GreyImages, to = images.side): Float32Array => {
  const out = new Float32Array(images.labels.length * to * to);
  for (let i = 0; i < images.labels.length; i++) {
    writeImage(out.subarray(i * to * to, (i + 1) * to * to), images, i, to);
  }
  return out;
};

/** Draws the pixels of an image in place: each becomes 1 with the probability that its grey stands for, else 0. */
export type Binariser = (image: Float32Array, index: number, epoch: number) => void;

/**
 * Dynamic binarisation (Salakhutdinov and Murray 2008): pixels in [-1, 1] are Bernoulli probabilities `(pixel + 1) / 2`, drawn
 * anew at every epoch. The draw is a function of (seed, index, epoch), so it depends on no order. Throws a `UsageError` for a seed,
 * index or epoch that is no whole number.
 */
export const binariser = (seed: number): Binariser => {
  // a seed of its own, so that pixels are independent of the other numbers that are drawn with the user's
  const own = randomStream(seed, 'binarisation').integer(2 ** 32);
  let draws = new Float64Array(0);
  return (image, index, epoch) => {
    if (draws.length !== image.length) draws = new Float64Array(image.length);
    uniforms(draws, { seed: own, sample: index, draw: epoch });
    for (let i = 0; i < image.length; i++) image[i] = draws[i] < (image[i] + 1) / 2 ? 1 : 0;
  };
};
