/** Measured orders, to two decimals; null where one does not apply. */
export interface Measured {
  /** Of the ODE part, given exact history: on a problem whose prediction is constant, to sixth order, where the run starts. */
  readonly order: number | null;
  /** Of the ODE part in whole runs, started as the solver starts: that, or less on a problem that is liveliest where the run starts. */
  readonly orderAsStarted: number | null;
  /** The same with `startUp: 'full-order'`; null for solvers that do not take it. */
  readonly orderFromFullStart: number | null;
  /**
   * Of the law of the result with the exact network: the lower of those on Gaussian data and on the mixture; for a solver of
   * several steps, which is not measured on the mixture, `weakOrderOfSde` stands in for that.
   */
  readonly weakOrder: number | null;
  /**
   * As a discretisation of the reverse SDE with a network that is no one's exact one (a Gaussian's, bent a little), as learned
   * and guided ones are. Null where the limit is another SDE.
   */
  readonly weakOrderOfSde: number | null;
  /** Whether all slopes had settled, to .15 between the last two. */
  readonly settled: boolean;
}

export { measuredOrders } from './measured-orders.js';
