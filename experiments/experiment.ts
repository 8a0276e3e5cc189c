import type { Specification } from '../src/family.js';
import type { CellSettings } from './ready-run.js';

/** Settings as people write them: a grid or reference may be a line of text, such as `karras:rho=7`, and so may a threshold. */
export interface WrittenSettings extends Omit<CellSettings, 'grid' | 'reference' | 'threshold'> {
  readonly grid?: string | Specification;
  readonly reference?: string | Specification;
  /** As text `quantile=0.99,maximum=2`. */
  readonly threshold?: string | CellSettings['threshold'];
}

/** A solver with settings of its own. */
export interface SolverEntry {
  readonly solver: string;
  /** What tables call it. Default: the solver's id; where one occurs twice, with the settings of the entry. */
  readonly label?: string;
  /** Before those of the experiment; what neither sets is the solver's own default. */
  readonly settings?: WrittenSettings;
}

/** A comparison as data: problems x solvers x NFE x repeats. A YAML or JSON file holds the same. */
export interface Experiment {
  readonly name?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Ids, with parameters as in `text:order=3`, or the same as objects. */
  readonly problems: readonly (string | Specification)[];
  /** Ids or entries. Default: those of each problem's paper. The first is the one whose calls the others are counted in. */
  readonly solvers?: readonly (string | SolverEntry)[];
  /** Numbers of network calls of a sample. */
  readonly nfe: readonly number[];
  /** A cell, at least 3: an interval leaves one out, and a variance takes two. */
  readonly samples: number;
  /** Independent repeats with seeds `seed`, `seed + 1`, …, pooled. Default 1. */
  readonly repeats?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Ids of metrics, `default` standing for those that are computed where none are named. */
  readonly metrics?: readonly string[];
  /** Also measure how far the runs are from the fine solution of their equation, on up to 64 samples of each. */
  readonly distanceToReference?: boolean;
  /** Of all solvers. */
  readonly settings?: WrittenSettings;
}

/** An experiment that has been checked: lines of text read, defaults filled in. */
export interface CheckedExperiment extends Omit<
  Experiment,
  'problems' | 'solvers' | 'settings' | 'tags' | 'repeats' | 'seed'
> {
  readonly tags: readonly string[];
  readonly problems: readonly Specification[];
  readonly solvers?: readonly CheckedEntry[];
  readonly settings: CellSettings;
  readonly repeats: number;
  readonly seed: number;
}

export interface CheckedEntry {
  readonly solver: string;
  readonly label?: string;
  readonly settings: CellSettings;
}
