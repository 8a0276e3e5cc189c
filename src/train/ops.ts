/** How a trained tensor starts: zeros, ones, normal of mean 0, or uniform within a bound. */
export type Start =
  | { readonly law: 'zeros' | 'ones' }
  | { readonly law: 'normal'; readonly deviation: number }
  | { readonly law: 'uniform'; readonly bound: number };

/** What every value of a network has: its shape, channels last. The first axis, the batch, is -1 where it is not known yet. */
export interface Shaped {
  readonly shape: readonly number[];
}

/**
 * What networks are written in, so that one definition runs on tensors (tfjs-ops.ts), is written as an ONNX graph (onnx-ops.ts) and has its
 * parameters counted (shape-ops.ts). Operands of two-operand operations are broadcast, axes aligned at the last.
 */
export interface Ops<T extends Shaped> {
  /** A trained tensor; a name stands for one. `decays` false: it is left out of weight decay. Default true. */
  weight(name: string, shape: readonly number[], start: Start, options?: { readonly decays?: boolean }): T;
  constant(values: Float32Array, shape: readonly number[]): T;
  add(a: T, b: T): T;
  multiply(a: T, b: T): T;
  /** `factor x + shift` */
  scale(x: T, factor: number, shift?: number): T;
  /** [..., k] times [k, n]. */
  linear(x: T, weight: T): T;
  /** [n, heads, a, b] times [n, heads, b, c], each with each. */
  matMul(a: T, b: T): T;
  /**
   * A convolution of [n, height, width, in] with a filter [size, size, in, out], zeros around so that with stride 1 height and width stay; `stride` 2 keeps
   * every second place, from the first.
   */
  convolve(x: T, filter: T, stride?: 1 | 2): T;
  /** Each pixel of [n, height, width, channels] as a block of 2x2. */
  upsample(x: T): T;
  /** One entry of the shape may be -1: what is left. */
  reshape(x: T, shape: readonly number[]): T;
  transpose(x: T, order: readonly number[]): T;
  concat(parts: readonly T[], axis: number): T;
  slice(x: T, axis: number, from: number, to: number): T;
  sin(x: T): T;
  cos(x: T): T;
  /** `x sigmoid(x)` */
  silu(x: T): T;
  /** `x Phi(x)` by its approximation with tanh. (Hendrycks and Gimpel 2016, arXiv:1606.08415) */
  gelu(x: T): T;
  /** Along the last axis. */
  softmax(x: T): T;
  /** To mean 0 and variance 1 over the axes, a small `epsilon` added to the variance. */
  normalise(x: T, axes: readonly number[], epsilon: number): T;
  /** While training, a part `rate` of the entries as 0 and the others divided by 1 - rate. */
  dropout(x: T, rate: number): T;
}

/** A network: what it takes and gives a sample, and how it computes that. */
export interface Architecture {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a sample, without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** From x, [n, ...inputShape], and the time that the network is shown, [n], to [n, ...outputShape]. */
  forward<T extends Shaped>(ops: Ops<T>, x: T, time: T): T;
}
