/** A copy of rows of d numbers with rows of zeros up to a multiple of four: the loops below then have no remainders. */
const padded = (rows: Float64Array, d: number): Float64Array => {
  const copy = new Float64Array(Math.ceil(rows.length / d / 4) * 4 * d);
  copy.set(rows);
  return copy;
};

/**
 * Euclidean distances from the rows `at` and `at + 1` of x to the rows of y below `to`, into `first` and `second`: tiles of
 * two by four, as many as fit in registers. By differences, which keep all digits of small distances; products would not.
 */
const twoRows = (
  first: Float64Array,
  second: Float64Array,
  x: Float64Array,
  at: number,
  y: Float64Array,
  to: number,
  d: number,
): void => {
  const end = (at + 1) * d;
  for (let j = 0; j < to; j += 4) {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = at * d, column = j * d; k < end; k++, column++) {
      const a = x[k];
      const b = x[k + d];
      const y0 = y[column];
      const y1 = y[column + d];
      const y2 = y[column + 2 * d];
      const y3 = y[column + 3 * d];
      a0 += (a - y0) * (a - y0);
      a1 += (a - y1) * (a - y1);
      a2 += (a - y2) * (a - y2);
      a3 += (a - y3) * (a - y3);
      b0 += (b - y0) * (b - y0);
      b1 += (b - y1) * (b - y1);
      b2 += (b - y2) * (b - y2);
      b3 += (b - y3) * (b - y3);
    }
    first[j] = Math.sqrt(a0);
    first[j + 1] = Math.sqrt(a1);
    first[j + 2] = Math.sqrt(a2);
    first[j + 3] = Math.sqrt(a3);
    second[j] = Math.sqrt(b0);
    second[j + 1] = Math.sqrt(b1);
    second[j + 2] = Math.sqrt(b2);
    second[j + 3] = Math.sqrt(b3);
  }
};

/** Calls `visit(i, distances)` for each row i of x, with its distances to all rows of y or, without y, to the rows of x before it. */
export const eachRow = (
  x: Float64Array,
  d: number,
  visit: (i: number, distances: Float64Array) => void,
  y?: Float64Array,
): void => {
  const from = padded(x, d);
  const to = y ? padded(y, d) : from;
  const [first, second] = [new Float64Array(to.length / d), new Float64Array(to.length / d)];
  const count = x.length / d;
  for (let i = 0; i < count; i += 2) {
    twoRows(first, second, from, i, to, y ? y.length / d : i + 1, d);
    visit(i, first);
    if (i + 1 < count) visit(i + 1, second);
  }
};
