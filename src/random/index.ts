/**
 * Counter-based random numbers: Philox4x32-10 (philox.ts) keyed by the seed. It was chosen because it has no state: the
 * noise of a coordinate is a function of (seed, sample, draw, coordinate). So results depend neither on batch size, nor on
 * the number of workers, nor on the order of work, and two solvers can be given the same noise.
 *
 * The counter of a block of four coordinates is (coordinate / 4, draw, sample, purpose).
 */
export type { NoiseKey } from './key.js';
export { isInterval, pathNormals, type Interval, type PathKey } from './brownian.js';
export { normals, uniforms } from './noise.js';
export { randomStream, type RandomStream } from './stream.js';
