import { type Candidate, lineOf } from './candidate.js';
import { fields } from './candidates.js';
import { type Score, scoreOf } from './score.js';
import { type SituationId, situations } from './situation.js';
import { type SweptCell, finalSeeds, sweptNfe } from './sweep.js';

/** What is recommended from a number of calls on, up to the next row; with times of its own, at that number only. */
export interface Row extends Candidate {
  readonly nfe: number;
  /** `Score` of the finals. */
  readonly score: number;
  readonly metric: string;
}

export type Table = Readonly<Record<SituationId, readonly Row[]>>;

/** A candidate and its score in the finals at one number of calls. */
interface Finalist extends Score {
  readonly candidate: Candidate;
}

const finalistsAt = (
  candidates: readonly Candidate[],
  cells: readonly SweptCell[],
  nfe: number,
): readonly Finalist[] =>
  candidates.flatMap((candidate) => {
    const line = lineOf(candidate);
    const own = cells.filter(
      (cell) => cell.candidate === line && cell.nfe === nfe && finalSeeds.includes(cell.seed),
    );
    const score = scoreOf(own);
    return Number.isFinite(score.score) ? [{ candidate, ...score }] : [];
  });

const bestOf = (finalists: readonly Finalist[]): Finalist =>
  finalists.reduce((best, one) => (one.score < best.score ? one : best));

/**
 * In standard errors: what lies so near is tied. Candidates share starts and noise, so that their differences are known several
 * times better than their scores.
 */
export const tieWidth = 1 / 4;

/** Those tied with the best: noise may have put it first. In the order given, the simpler first. */
const tied = (finalists: readonly Finalist[]): readonly Finalist[] => {
  const best = bestOf(finalists);
  return finalists.filter(({ score }) => score <= best.score + tieWidth * best.standardError);
};

const rowOf = (nfe: number, { candidate, score, metric = '' }: Finalist): Row => ({
  nfe,
  ...candidate,
  score: Number(score.toFixed(2)),
  metric,
});

/** The fewest candidates that are tied with the best everywhere: from the left, each as far as it goes; of equals the simpler. */
const smooth = (choices: readonly (readonly Finalist[])[]): readonly Finalist[] => {
  const chosen: Finalist[] = [];
  const among = ({ candidate }: Finalist, at: number): Finalist | undefined =>
    choices[at]?.find((other) => other.candidate === candidate);
  const reach = (one: Finalist): number => {
    let at = chosen.length;
    while (among(one, at)) at++;
    return at;
  };
  while (chosen.length < choices.length) {
    const farthest = choices[chosen.length].reduce((best, one) => (reach(one) > reach(best) ? one : best));
    const end = reach(farthest);
    while (chosen.length < end) chosen.push(among(farthest, chosen.length) as Finalist);
  }
  return chosen;
};

const rowsOf = (id: SituationId, cells: readonly SweptCell[]): readonly Row[] => {
  const own = cells.filter(({ situation }) => situation === id);
  const { everywhere, only } = fields[id];
  const swept = sweptNfe.map((nfe) => finalistsAt(everywhere, own, nfe));
  const missing = sweptNfe.find((_, i) => swept[i].length === 0);
  if (missing !== undefined) throw new Error(`the sweep has no finalist for ${id} at NFE ${missing}`);
  return smooth(swept.map(tied)).flatMap((general, i) => {
    const nfe = sweptNfe[i];
    const special = finalistsAt(only[nfe] ?? [], own, nfe);
    const best = special.length > 0 ? bestOf(special) : undefined;
    const better = best && best.score + tieWidth * best.standardError < general.score;
    return better ? [rowOf(nfe, general), rowOf(nfe, best)] : [rowOf(nfe, general)];
  });
};

/**
 * The table of a sweep. At each number of calls: the candidate of the lowest score in the finals; of those tied with it the
 * one that can stay for the most numbers of calls that follow, so that the table changes only where it must; of these the simpler. Times
 * of its own are taken where they are not tied with that but better, in a row of their own after it. Throws an `Error` for a sweep that lacks a part.
 */
export const tableOf = (cells: readonly SweptCell[]): Table =>
  Object.fromEntries(situations.map(({ id }) => [id, rowsOf(id, cells)])) as Table;
