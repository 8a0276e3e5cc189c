import { black, blue, grey, vermilion } from './colours.js';
import { expectedEntropy } from './entropy-quadrature.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import {
  type HeatMap,
  type Layer,
  type Range,
  colourBar,
  frame,
  heatLayer,
  heatMap,
  labels,
  lines,
  paths,
  verticalLines,
} from './layers.js';

const classes: Range = [2, 30];
const roots: Range = [0, 3];
const size: Range = [300, 250];
/** K and the sqrt(beta1) that Graves et al. 2023 chose: binarised MNIST, and text8. */
const choices = [
  { classes: 2, root: 3 },
  { classes: 27, root: 0.75 },
];
const levels = [0.9, 0.7, 0.5, 0.3, 0.1];
const times = [0.25, 0.5, 0.75, 1];
const star =
  'M0,-1L0.25,-0.33L0.95,-0.31L0.4,0.13L0.59,0.81L0,0.42L-0.59,0.81L-0.4,0.13L-0.95,-0.31L-0.25,-0.33Z';

/** As a fraction of the entropy before the first sample, ln K. */
const remaining = (count: number, root: number): number =>
  expectedEntropy(count, root ** 2) / Math.log(count);

/** Where a column of the map is `level`, between its cells linearly. */
const rootAt = ({ columns, rows, values }: HeatMap, column: number, level: number): number => {
  const height = (roots[1] - roots[0]) / rows;
  const cell = (row: number): number => values[(rows - 1 - row) * columns + column]; // from below
  let row = 0;
  while (cell(row + 1) > level) row++;
  return roots[0] + height * (row + 0.5 + (cell(row) - level) / (cell(row) - cell(row + 1)));
};

const stars = (rows: readonly object[]): Layer => ({
  data: { values: [...rows] },
  mark: {
    type: 'point',
    shape: star,
    size: 260,
    filled: true,
    color: 'white',
    stroke: black,
    strokeWidth: 1.2,
    opacity: 1,
  },
  encoding: {
    x: { field: 'x', type: 'quantitative' },
    y: { field: 'y', type: 'quantitative' },
  },
});

const name = (count: number): string => `K = ${count}`;
const strokes = { 'K = 2': { colour: blue }, 'K = 27': { colour: vermilion, dash: [7, 3] } };

export const expectedEntropyFigure: Figure = {
  id: 'expected-entropy',
  description: 'how much of the entropy of a class is left, over the number of classes and the accuracy',
  source: paperFigure(9),
  draw: () => {
    const counts = linear(...classes, classes[1] - classes[0] + 1);
    // a column of cells a number of classes, its middle there
    const columns: Range = [classes[0] - 0.5, classes[1] + 0.5];
    const map = heatMap(columns, roots, [counts.length, 50], (count, root) =>
      rounded(remaining(Math.round(count), root)),
    );
    const contours = levels.flatMap((level) =>
      counts.map((x, column) => ({ name: String(level), x, y: rounded(rootAt(map, column, level)) })),
    );
    const curves = choices.flatMap(({ classes: count }) =>
      curve({ name: name(count) }, linear(...roots, 101), (root) => remaining(count, root)),
    );
    const chosen = choices.map(({ classes: count, root }) => ({
      count,
      root,
      left: rounded(remaining(count, root)),
    }));
    // what the schedule beta = beta1 tau² was made for: entropy that falls evenly in time
    const aims = choices.flatMap(({ classes: count, root }) => [
      { name: name(count), x: 0, y: 1 },
      { name: name(count), x: root, y: 0 },
    ]);
    return {
      parameters: { choices, levels },
      values: Object.fromEntries([
        ['BFN time', times],
        ...choices.map(({ classes: count, root }) => [
          `entropy left, K = ${count}, β₁ = ${root ** 2}`,
          times.map((tau) => rounded(remaining(count, root * tau))),
        ]),
      ]),
      data: { map: { classes: counts, ...map }, contours, curves },
      spec: {
        hconcat: [
          {
            width: size[0],
            height: size[1],
            layer: [
              frame(
                {
                  title: 'number of classes K',
                  domain: columns,
                  axis: { values: [2, 5, 10, 15, 20, 27, 30] },
                },
                { title: '√β', domain: roots },
              ),
              heatLayer(map, [0, 1], size),
              paths(contours, { color: 'white', strokeWidth: 1 }),
              labels(
                contours
                  .filter(({ x }) => x === 12)
                  .map(({ x, y, name: text }) => ({ x, y: y + 0.02, text })),
                { color: 'white', align: 'center', baseline: 'bottom', fontSize: 10 },
              ),
              verticalLines([2], { color: blue, strokeWidth: 2 }),
              verticalLines([27], { color: vermilion, strokeWidth: 2, strokeDash: [7, 3] }),
              stars(chosen.map(({ count, root }) => ({ x: count, y: root }))),
            ],
          },
          colourBar([0, 1], 'expected entropy E[H(θ)] / ln K', size[1]),
          {
            width: 250,
            height: size[1],
            layer: [
              frame({ title: '√β = τ √β₁', domain: roots }, { title: 'E[H(θ)] / ln K', domain: [0, 1] }),
              lines(aims, strokes, { width: 0.8, opacity: 0.7 }),
              lines(curves, strokes),
              labels([{ x: 1.42, y: 0.3, text: 'K = 2' }], { color: blue }),
              labels([{ x: 0.62, y: 0.3, text: 'K = 27' }], { color: vermilion }),
              labels([{ x: 1.7, y: 0.5, text: 'linear in τ' }], { color: grey }),
              stars(chosen.map(({ root, left }) => ({ x: root, y: left }))),
            ],
          },
        ],
      },
    };
  },
};
