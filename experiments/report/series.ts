import { blue, green, orange, purple, vermilion } from '../figures/colours.js';

/** A colour on paper and the one that stands for it on a dark screen. */
export type Shades = readonly [light: string, dark: string];

/** What is not a series. The colours of a picture are replaced by the dark ones by their exact text: each is used for one thing. */
export const tones = {
  paper: ['white', '#11161d'],
  ink: ['#24292f', '#e6edf3'],
  soft: ['#57606a', '#a3adb9'],
  line: ['#8c959f', '#6e7681'],
  grid: ['#eaeef2', '#252c36'],
  floor: ['#6e7781', '#8d96a0'],
} as const satisfies Record<string, Shades>;

/** Told apart by readers with any colour vision (Okabe & Ito's, and three more); the first is for what the others are held against. */
export const palette: readonly Shades[] = [
  ['#4a4f57', '#c9d1d9'],
  [blue, '#58b0ee'],
  [vermilion, '#ff8f45'],
  [green, '#35c99c'],
  [purple, '#eda3cf'],
  [orange, '#f4bb3a'],
  ['#0aa5c2', '#4fd0e6'],
  ['#8a5a2b', '#cfa06e'],
];

const dashes: readonly (readonly number[])[] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
];

/** Vega's name of a symbol, and the same outline for the keys of the page. */
const shapes: readonly (readonly [symbol: string, outline: string])[] = [
  ['circle', 'circle(50%)'],
  ['square', 'inset(6%)'],
  ['triangle-up', 'polygon(50% 0, 100% 100%, 0 100%)'],
  ['diamond', 'polygon(50% 0, 100% 50%, 50% 100%, 0 50%)'],
  ['triangle-down', 'polygon(0 0, 100% 0, 50% 100%)'],
  [
    'cross',
    'polygon(33% 0, 67% 0, 67% 33%, 100% 33%, 100% 67%, 67% 67%, 67% 100%, 33% 100%, 33% 67%, 0 67%, 0 33%, 33% 33%)',
  ],
  ['triangle-right', 'polygon(0 0, 100% 50%, 0 100%)'],
  ['triangle-left', 'polygon(100% 0, 100% 100%, 0 50%)'],
];

/** How a solver is drawn on every plot of a report: always told apart by more than its colour. */
export interface Series {
  readonly index: number;
  readonly solver: string;
  readonly shades: Shades;
  readonly dash: readonly number[];
  readonly symbol: string;
  readonly outline: string;
}

/** A series a solver, in the order in which they first occur. */
export const seriesOf = (solvers: readonly string[]): readonly Series[] =>
  [...new Set(solvers)].map((solver, index) => {
    const [symbol, outline] = shapes[index % shapes.length];
    return {
      index,
      solver,
      shades: palette[index % palette.length],
      dash: dashes[Math.floor(index / palette.length) % dashes.length],
      symbol,
      outline,
    };
  });
