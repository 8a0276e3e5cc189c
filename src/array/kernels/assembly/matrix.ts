// Products of a matrix with vectors, four samples at a time: the four lanes are four samples, so a lane's result does not
// depend on what the other three hold.

/**
 * out[r] = sum_i matrix[i, r] x[i]. `matrix` is [inputs, outputs] row-major, `outputs` a multiple of 8; x is [inputs, 4],
 * out [outputs, 4]. Eight sums at once hide the latency of one addition.
 */
function transform(out: usize, matrix: usize, x: usize, inputs: i32, outputs: i32): void {
  const stride = (<usize>outputs) << 2;
  const end = x + ((<usize>inputs) << 4);
  for (let r = 0; r < outputs; r += 8) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    let row = matrix + ((<usize>r) << 2);
    for (let from = x; from < end; from += 16) {
      const v = v128.load(from);
      s0 = f32x4.add(s0, f32x4.mul(v128.load_splat<f32>(row), v));
      s1 = f32x4.add(s1, f32x4.mul(v128.load_splat<f32>(row, 4), v));
      s2 = f32x4.add(s2, f32x4.mul(v128.load_splat<f32>(row, 8), v));
      s3 = f32x4.add(s3, f32x4.mul(v128.load_splat<f32>(row, 12), v));
      s4 = f32x4.add(s4, f32x4.mul(v128.load_splat<f32>(row, 16), v));
      s5 = f32x4.add(s5, f32x4.mul(v128.load_splat<f32>(row, 20), v));
      s6 = f32x4.add(s6, f32x4.mul(v128.load_splat<f32>(row, 24), v));
      s7 = f32x4.add(s7, f32x4.mul(v128.load_splat<f32>(row, 28), v));
      row += stride;
    }
    const to = out + ((<usize>r) << 4);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
}

/**
 * For every component: projected = basis (x - centre), squared = sum_r precision[r] projected[r]².
 * x is [d, 4], basis [components, d, padded], centres [components, d], precision [components, padded],
 * projected [components, padded, 4], squared [components, 4]; scratch holds [d, 4].
 */
export function mixtureDistances(
  components: i32,
  d: i32,
  padded: i32,
  x: usize,
  basis: usize,
  centres: usize,
  precision: usize,
  projected: usize,
  squared: usize,
  scratch: usize,
): void {
  for (let c = 0; c < components; c++) {
    for (let i = 0; i < d; i++) {
      const at = (<usize>i) << 2;
      v128.store(
        scratch + (at << 2),
        f32x4.sub(v128.load(x + (at << 2)), v128.load_splat<f32>(centres + at)),
      );
    }
    transform(projected, basis, scratch, d, padded);
    let sum = f32x4.splat(0);
    for (let r = 0; r < padded; r++) {
      const at = (<usize>r) << 2;
      const u = v128.load(projected + (at << 2));
      sum = f32x4.add(sum, f32x4.mul(v128.load_splat<f32>(precision + at), f32x4.mul(u, u)));
    }
    v128.store(squared, sum);
    basis += (<usize>d * <usize>padded) << 2;
    centres += (<usize>d) << 2;
    precision += (<usize>padded) << 2;
    projected += (<usize>padded) << 4;
    squared += 16;
  }
}

/**
 * out = sum_c responsibility[c] (mean[c] + transposed[c] (gain[c] projected[c])), [padded, 4].
 * A component whose four responsibilities are 0 is skipped; a lane whose responsibility is 0 gets exactly nothing from one
 * that is not, so skipping is not felt. means is [components, padded], transposed [components, d, padded],
 * gain [components, padded]; scratch holds [2 padded, 4].
 */
export function mixtureMean(
  components: i32,
  d: i32,
  padded: i32,
  responsibility: usize,
  means: usize,
  transposed: usize,
  gain: usize,
  projected: usize,
  out: usize,
  scratch: usize,
): void {
  const zero = f32x4.splat(0);
  const back = scratch + ((<usize>padded) << 4);
  for (let i = 0; i < padded; i++) v128.store(out + ((<usize>i) << 4), zero);
  for (let c = 0; c < components; c++) {
    const weight = v128.load(responsibility);
    const present = f32x4.gt(weight, zero);
    if (v128.any_true(present)) {
      for (let r = 0; r < d; r++) {
        const at = (<usize>r) << 2;
        const u = f32x4.mul(v128.load_splat<f32>(gain + at), v128.load(projected + (at << 2)));
        v128.store(scratch + (at << 2), v128.and(present, f32x4.mul(weight, u)));
      }
      transform(back, transposed, scratch, d, padded);
      for (let i = 0; i < padded; i++) {
        const at = (<usize>i) << 2;
        const to = out + (at << 2);
        const part = f32x4.add(
          f32x4.mul(weight, v128.load_splat<f32>(means + at)),
          v128.load(back + (at << 2)),
        );
        v128.store(to, f32x4.add(v128.load(to), part));
      }
    }
    responsibility += 16;
    means += (<usize>padded) << 2;
    transposed += (<usize>d * <usize>padded) << 2;
    gain += (<usize>padded) << 2;
    projected += (<usize>padded) << 4;
  }
}
