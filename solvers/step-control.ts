/** Given the error of a step in units of the tolerance and its length, the length to try next: a step of error 1 or less has been taken. Made anew for each lane. */
export type StepControl = () => (error: number, length: number) => number;

/** `h := .9 h error^(-1/order)`, for an error of that order in h (Lu et al. 2022, DPM-Solver, appendix C). */
export const integralControl =
  (order: number): StepControl =>
  () =>
  (error, length) =>
    0.9 * length * error ** (-1 / order);

/**
 * The control of Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, section II.4, and Hairer & Wanner II, IV.2
 * (their DOPRI5, beta = .04): it looks at the error before, too, at most doubles a step, shrinks it at most fivefold, and grows none
 * right after a step that was not taken. An error that is small because it changes its sign is common where a sample has few
 * coordinates: more growth than twofold would trust it.
 */
export const proportionalIntegralControl =
  (order: number): StepControl =>
  () => {
    const beta = 0.04;
    let before = 1e-4;
    let refused = false;
    return (error, length) => {
      const response = error ** (1 / order - 0.75 * beta);
      if (error > 1) {
        refused = true;
        return length / Math.min(5, response / 0.9);
      }
      const factor = Math.min(2, Math.max(0.2, (0.9 * before ** beta) / response));
      const growth = refused ? Math.min(1, factor) : factor;
      before = Math.max(error, 1e-4);
      refused = false;
      return length * growth;
    };
  };
