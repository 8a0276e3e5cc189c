import { type HeatMap, type Layer, type Range, frame, heatLayer, heatMap, labels } from './layers.js';

// The probabilities of three classes as a point of a triangle: class 1 bottom left, 2 bottom right, 3 on top.

const height = Math.sqrt(3) / 2;

/** The place of three probabilities. */
export const placeOf = (theta: ArrayLike<number>): { readonly x: number; readonly y: number } => ({
  x: theta[1] + theta[2] / 2,
  y: theta[2] * height,
});

const thetaAt = (x: number, y: number): readonly number[] => {
  const top = y / height;
  return [1 - x - top / 2, x - top / 2, top];
};

/** A function of theta over the triangle, `outside` beyond it. */
export const simplexMap = (
  cells: number,
  outside: number,
  f: (theta: readonly number[]) => number,
): HeatMap =>
  heatMap([0, 1], [0, height], [cells, Math.round(cells * height)], (x, y) => {
    const theta = thetaAt(x, y);
    return theta.every((p) => p > 0) ? f(theta) : outside;
  });

/** Of a triangle that wide. */
export const simplexSize = (width: number): Range => [width, Math.round(width * height)];

const corners = [
  { x: 0, y: 0 },
  { x: 0.5, y: height },
  { x: 1, y: 0 },
];

/** The map and, on top, white over what lies outside the triangle, its outline and the names of its corners. */
export const simplexLayers = (map: HeatMap, range: Range, size: Range): Layer[] => [
  frame({ title: null, domain: [0, 1], axis: null }, { title: null, domain: [0, height], axis: null }),
  heatLayer(map, range, size),
  {
    data: { values: corners.map((corner) => ({ ...corner, top: height })) },
    mark: { type: 'area', color: 'white', opacity: 1 },
    encoding: {
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      y2: { field: 'top' },
    },
  },
  {
    data: { values: [...corners, corners[0]].map((corner, order) => ({ ...corner, order })) },
    mark: { type: 'line', color: 'black', strokeWidth: 1.2, strokeJoin: 'round' },
    encoding: {
      x: { field: 'x', type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      order: { field: 'order', type: 'quantitative' },
    },
  },
  labels([{ x: 0, y: 0, text: '1' }], { align: 'center', dy: 11 }),
  labels([{ x: 1, y: 0, text: '2' }], { align: 'center', dy: 11 }),
  labels([{ x: 0.5, y: height, text: '3' }], { align: 'center', dy: -9 }),
];
