/** `ln sum exp(values)`, without overflow; -Infinity if all are. */
export const logSumExp = (values: Float64Array): number => {
  let peak = -Infinity;
  for (const value of values) peak = Math.max(peak, value);
  if (!Number.isFinite(peak)) return peak;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - peak);
  return peak + Math.log(sum);
};

/** `ln softmax(values)` of every run of `classes` numbers. */
export const logSoftmax = (values: ArrayLike<number>, classes: number): Float64Array => {
  const out = Float64Array.from(values);
  for (let from = 0; from < out.length; from += classes) {
    const row = out.subarray(from, from + classes);
    const total = logSumExp(row);
    for (let k = 0; k < classes; k++) row[k] -= total;
  }
  return out;
};

/** `ln(1 - e^x)` for x <= 0. */
export const log1mExp = (x: number): number =>
  x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
