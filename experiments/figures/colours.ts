// Okabe & Ito's palette, told apart by readers with any colour vision; its yellow is left out, too light for a line on paper.

export const black = '#000000';
export const blue = '#0072B2';
export const vermilion = '#D55E00';
export const green = '#009E73';
export const purple = '#CC79A7';
export const sky = '#56B4E9';
export const orange = '#E69F00';
export const grey = '#767676';

/** Viridis (van der Walt & Smith, CC0) at equal steps: lightness grows evenly, so that it can also be read in grey. */
export const viridis: readonly string[] = [
  ...['#440154', '#481a6c', '#472f7d', '#414487', '#39568c', '#31688e', '#2a788e', '#23888e', '#1f988b'],
  ...['#22a884', '#35b779', '#54c568', '#7ad151', '#a5db36', '#d2e21b', '#fde725'],
];

export type Rgb = readonly [number, number, number];

const rgb = (hex: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

const anchors = viridis.map(rgb);

/** The colour at a fraction of the scale, cut off at 0 and 1; what is no number is the lowest. */
export const viridisAt = (fraction: number): Rgb => {
  const place = Math.min(Math.max(fraction, 0), 1) * (anchors.length - 1) || 0;
  const left = Math.min(Math.floor(place), anchors.length - 2);
  const [from, to] = [anchors[left], anchors[left + 1]];
  return from.map((value, i) => Math.round(value + (place - left) * (to[i] - value))) as unknown as Rgb;
};
