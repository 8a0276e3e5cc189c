import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CellPool } from './run.js';

export interface Workers extends CellPool {
  close(): Promise<void>;
}

/**
 * Worker threads that run cells, each with the user's modules loaded; a thread starts when there is work for it. No result
 * depends on how many there are. They run the compiled package: from sources, pass no pool to `compare`.
 */
export const startWorkers = async (
  modules: readonly string[] = [],
  threads = availableParallelism(),
): Promise<Workers> => {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: Infinity,
    workerData: { modules },
  });
  return {
    threads,
    run: (task, signal) => pool.run(task, signal ? { signal } : {}),
    close: () => pool.destroy(),
  };
};
