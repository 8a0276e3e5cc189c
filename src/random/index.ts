/** What a random number is a function of. Purposes keep streams apart that share the other keys. */
export interface NoiseKey {
  /** Non-negative integer below 2^53. */
  readonly seed: number;
  /** Index of the sample in the whole run, not in the batch at hand. */
  readonly sample: number;
  /** Which draw of that sample; 0 is the start. */
  readonly draw: number;
}
