import { type Work, bibliography } from './bibliography.js';

/** What the built-in processes come from, by id; those of a user name no paper. */
const processPapers: Readonly<Record<string, string>> = {
  'bfn-continuous': 'arXiv:2308.07037',
  'bfn-discrete': 'arXiv:2308.07037',
  'bfn-expression': 'arXiv:2308.07037',
  'vp-linear': 'arXiv:2011.13456',
  ve: 'arXiv:2011.13456',
  'vp-cosine': 'arXiv:2102.09672',
  ddpm: 'arXiv:2006.11239',
  edm: 'arXiv:2206.00364',
  'rectified-flow': 'arXiv:2209.03003',
};

export const processReference = (id: string): string =>
  Object.hasOwn(processPapers, id) ? processPapers[id] : '';

/** The works that a `reference` of a solver or metric names, in the order of the bibliography. */
export const worksOf = (reference: string): readonly Work[] =>
  bibliography.filter(({ named }) => named.some((name) => reference.includes(name)));

/** Whether a `reference` is to this package: a form that it derives itself. */
export const isOwn = (reference: string): boolean => reference.includes('docs/theory.md');

/** A work as an entry of a BibTeX file. */
export const bibtex = ({ type, key, fields }: Work): string => {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}}`);
  return `@${type}{${key},\n${lines.join(',\n')}\n}`;
};

export interface Citations {
  readonly works: readonly Work[];
  /** References that no work was found for: those of a user's own solvers. */
  readonly others: readonly string[];
}

/** All works that these references name, each once. */
export const citationsOf = (references: readonly string[]): Citations => {
  const cited = new Set(references.flatMap(worksOf));
  return {
    works: bibliography.filter((work) => cited.has(work)),
    others: [...new Set(references)].filter(
      (reference) => reference !== '' && worksOf(reference).length === 0 && !isOwn(reference),
    ),
  };
};
