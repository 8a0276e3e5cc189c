import type { Floats } from '../../src/array/batch.js';
import type { CodeLength } from './ngrams.js';

/**
 * Independent variables of classes, [variables] an item, fitted to items one after the other: `(count + 1/2) / (n + K/2)` (Krichevsky and Trofimov 1981), which
 * leaves no class impossible.
 */
export const independentCode = (items: Floats, variables: number, classes: number): CodeLength => {
  const counts = new Float64Array(variables * classes).fill(1 / 2);
  for (let i = 0; i < items.length; i++) counts[(i % variables) * classes + items[i]]++;
  const total = items.length / variables + classes / 2;
  return (item) => {
    let nats = 0;
    for (let v = 0; v < variables; v++) nats -= Math.log(counts[v * classes + item[v]] / total);
    return nats;
  };
};
