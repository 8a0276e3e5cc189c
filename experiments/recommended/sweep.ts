import type { CellOutcome, CellTask } from '../cell.js';
import type { Metric } from '../metric.js';
import { metricsFor } from '../metrics/index.js';
import { makeProblem, parseProblem } from '../problems/index.js';
import { type Candidate, lineOf, settingsOf } from './candidate.js';
import { fields } from './candidates.js';
import { type Situation, type SituationId, situations } from './situation.js';
import { scoreOf } from './score.js';

/** The numbers of calls that are tried. In between, what is recommended for the next smaller one holds. */
export const sweptNfe = [3, 4, 5, 6, 8, 10, 12, 16, 20, 50] as const;

/**
 * By metric: how much farther from the truth than true samples, in half widths of their 95% interval, and its standard error. Of a
 * distance the excess over the floor's; of a metric with a value to be met the distance from that value.
 */
export type Ratios = Readonly<Record<string, readonly [ratio: number, standardError: number]>>;

export interface SweptCell {
  readonly situation: SituationId;
  /** `lineOf` the candidate. */
  readonly candidate: string;
  readonly nfe: number;
  readonly samples: number;
  readonly seed: number;
  /** Absent where the run came to no end. */
  readonly ratios?: Ratios;
}

/** Where cells run. */
export interface Cells {
  run(task: CellTask): Promise<CellOutcome>;
}

/** Which samples a round takes. */
interface Round {
  readonly samples: number;
  readonly seeds: readonly number[];
}

/** The first round. */
const screening: Round = { samples: 600, seeds: [1] };
/** The second: the best of the screening at each number of calls, on seeds that it has not seen. */
export const finalSeeds: readonly number[] = [2, 3];

/**
 * From so many calls on, which are dear, fewer go on: of the candidates only the best of the number of calls before are screened,
 * and one less goes to the finals. The winner before is always among these.
 */
const manyCalls = 16;
const survivorsAtManyCalls = 2;

const ratiosOf = (
  metrics: readonly Metric[],
  { estimates }: CellOutcome,
  { estimates: floors }: CellOutcome,
): Ratios => {
  const short = (value: number): number => Number(value.toPrecision(5));
  const entries = metrics.map(({ id, truth }) => {
    const { value, standardError } = estimates[id];
    const floor = floors[id];
    const unit = Math.max(floor.high - floor.value, floor.value - floor.low);
    const distance = truth === undefined ? value - floor.value : Math.abs(value - truth);
    return [id, [short(distance / unit), short(standardError / unit)]] as const;
  });
  return Object.fromEntries(entries);
};

/** Runs cells of one situation against the floor of the same samples and seed, which is run once. */
const runner = async (
  { id, problem, metrics: ids }: Situation,
  pool: Cells,
): Promise<(candidate: Candidate, nfe: number, round: Round) => Promise<readonly SweptCell[]>> => {
  const specification = parseProblem(problem);
  const { truth } = await makeProblem(specification.id, specification.parameters);
  const metrics = ids.flatMap((one) => metricsFor(truth, [one]));
  const floors = new Map<string, Promise<CellOutcome>>();
  const run = (task: Pick<CellTask, 'run' | 'samples' | 'seed'>): Promise<CellOutcome> =>
    pool.run({ problem: specification, metrics: ids, ...task });
  const floorOf = (samples: number, seed: number): Promise<CellOutcome> => {
    const key = `${samples} ${seed}`;
    const floor = floors.get(key) ?? run({ samples, seed });
    floors.set(key, floor);
    return floor;
  };
  return (candidate, nfe, { samples, seeds }) =>
    Promise.all(
      seeds.map(async (seed): Promise<SweptCell> => {
        const { solver, ...others } = candidate;
        const [floor, outcome] = await Promise.all([
          floorOf(samples, seed),
          run({ run: { solver, nfe, settings: settingsOf(others) }, samples, seed }),
        ]);
        if (outcome.status === 'failed') throw new Error(outcome.message);
        return {
          ...{ situation: id, candidate: lineOf(candidate), nfe, samples, seed },
          ...(outcome.status === 'ok' ? { ratios: ratiosOf(metrics, outcome, floor) } : {}),
        };
      }),
    );
};

/** The best candidates of a round at one number of calls, the best first. */
const best = (
  candidates: readonly Candidate[],
  cells: readonly SweptCell[],
  count: number,
): readonly Candidate[] => {
  const scores = new Map(
    candidates.map((candidate) => {
      const own = cells.filter((cell) => cell.candidate === lineOf(candidate));
      return [candidate, scoreOf(own).score];
    }),
  );
  return candidates.toSorted((a, b) => (scores.get(a) as number) - (scores.get(b) as number)).slice(0, count);
};

/** The sweep of one situation. */
const sweepOf = async (
  situation: Situation,
  pool: Cells,
  onCells: (cells: readonly SweptCell[]) => void,
): Promise<readonly SweptCell[]> => {
  const run = await runner(situation, pool);
  const field = fields[situation.id];
  const { candidates: finalists, samples } = situation.finals;
  const all: SweptCell[] = [];
  let survivors = field.everywhere;
  let screened: readonly SweptCell[] = [];
  let winner: readonly Candidate[] = [];
  for (const nfe of sweptNfe) {
    const round = async (candidates: readonly Candidate[], how: Round): Promise<readonly SweptCell[]> => {
      const cells = (await Promise.all(candidates.map((one) => run(one, nfe, how)))).flat();
      all.push(...cells);
      onCells(cells);
      return cells;
    };
    if (nfe === manyCalls && !field.keepsAll) {
      survivors = [...new Set([...best(survivors, screened, survivorsAtManyCalls), ...winner])];
    }
    const candidates = [...survivors, ...(field.only[nfe] ?? [])];
    screened = await round(candidates, screening);
    const count = finalists - (nfe < manyCalls ? 0 : 1);
    const others = candidates.filter((one) => !winner.includes(one));
    const among = [...winner, ...best(others, screened, count - winner.length)];
    const decided = await round(among, { samples, seeds: finalSeeds });
    winner = best(
      among.filter((one) => survivors.includes(one)),
      decided,
      1,
    );
  }
  return all;
};

/** In one order, whichever came first. */
const sorted = (cells: readonly SweptCell[]): readonly SweptCell[] => {
  const key = ({ situation, nfe, samples, candidate, seed }: SweptCell): string =>
    [situation, String(nfe).padStart(3), String(samples).padStart(5), candidate, seed].join(' ');
  return cells.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
};

/** Runs the sweep, all situations at once: each is a chain of rounds, and the pool shall not wait for one of them. */
export const runSweep = async (
  pool: Cells,
  onCells: (cells: readonly SweptCell[]) => void = () => undefined,
): Promise<readonly SweptCell[]> =>
  sorted((await Promise.all(situations.map((one) => sweepOf(one, pool, onCells)))).flat());

/** Runs some swept cells again, for a check. Throws an `Error` for a candidate that is no longer in the field. */
export const rerun = async (cells: readonly SweptCell[], pool: Cells): Promise<readonly SweptCell[]> => {
  const again: SweptCell[] = [];
  for (const { situation: id, candidate: line, nfe, samples, seed } of cells) {
    const situation = situations.find((one) => one.id === id) as Situation;
    const { everywhere, only } = fields[id];
    const candidate = [...everywhere, ...(only[nfe] ?? [])].find((one) => lineOf(one) === line);
    if (!candidate) throw new Error(`the sweep has ${line} for ${id} at NFE ${nfe}, which is no candidate`);
    const run = await runner(situation, pool);
    again.push(...(await run(candidate, nfe, { samples, seeds: [seed] })));
  }
  return again;
};
