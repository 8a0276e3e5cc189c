import { type PairedComparison, seenFrom } from './paired-comparisons.js';

/** The best entry of a problem, by its label, at one NFE by one of its quality metrics, and what it beats. */
export interface Finding {
  readonly problem: string;
  readonly metric: string;
  readonly nfe: number;
  /** The entry with the best value. */
  readonly best: string;
  /** Those that it beats, and those that it cannot be told apart from. */
  readonly beats: readonly string[];
  readonly notToldApart: readonly string[];
  /** In words, with the paired interval. */
  readonly text: string;
}

const digits = (x: number): string => Number(x.toPrecision(3)).toString();

const listed = (names: readonly string[]): string => names.join(', ');

/** What is to be said of the solvers at one NFE by one metric. */
const findingOf = (
  { problem, metric, nfe }: Pick<PairedComparison, 'problem' | 'metric' | 'nfe'>,
  best: string,
  baseline: string,
  comparisons: readonly PairedComparison[],
): Finding => {
  const own = comparisons.filter(({ solvers }) => solvers.includes(best));
  const otherOf = ({ solvers: [a, b] }: PairedComparison): string => (a === best ? b : a);
  const won = own.filter(({ better }) => better === best);
  const beats = won.map(otherOf);
  const notToldApart = own.filter(({ better }) => better === null).map(otherOf);
  const held = won.find((pair) => otherOf(pair) === baseline) ?? won[0];
  const by = (pair: PairedComparison): string => {
    const { value, low, high } = seenFrom(best, pair);
    const [least, most] = value < 0 ? [-high, -low] : [low, high];
    return `${digits(Math.abs(value))} (95% paired interval ${digits(least)} to ${digits(most)})`;
  };
  const rest = held ? beats.filter((name) => name !== otherOf(held)) : [];
  const said = held
    ? `${best} beats ${otherOf(held)} by ${by(held)}${rest.length > 0 ? `, and ${listed(rest)}` : ''}` +
      (notToldApart.length > 0 ? `; it is not told apart from ${listed(notToldApart)}` : '')
    : `${best} has the best value, but is not told apart from ${listed(notToldApart)}`;
  return {
    ...{ problem, metric, nfe, best, beats, notToldApart },
    text: `at NFE ${nfe}, by ${metric}: ${said}`,
  };
};

/** One finding for each of the metrics and NFE at which two solvers or more have a value. */
export const findingsOf = (
  comparisons: readonly PairedComparison[],
  metrics: readonly string[],
  baseline: string,
  /** Labels from the best value to the worst. */
  ranked: (metric: string, nfe: number) => readonly string[],
): readonly Finding[] =>
  metrics.flatMap((metric) => {
    const ofMetric = comparisons.filter((pair) => pair.metric === metric);
    return [...new Set(ofMetric.map(({ nfe }) => nfe))].map((nfe) => {
      const at = ofMetric.filter((pair) => pair.nfe === nfe);
      return findingOf(at[0], ranked(metric, nfe)[0], baseline, at);
    });
  });
