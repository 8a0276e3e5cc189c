import { describe, expect, it } from 'vitest';
import { frechetOnFeatures, metricEntries } from '../../../experiments/metrics/index.js';
import { makeProblem } from '../../../experiments/problems/index.js';
import { bibliography } from '../../../experiments/report/bibliography.js';
import {
  bibtex,
  citationsOf,
  isOwn,
  processReference,
  worksOf,
} from '../../../experiments/report/citations.js';
import { solverList } from '../../../solvers/registry.js';
import { processes } from '../../../src/process/index.js';

const solverReferences = solverList().map(({ id, reference }) => [id, reference] as const);

const metricReferences = async (): Promise<readonly string[]> => {
  // one of each kind of truth; the metrics of items are among those of vectors
  const problems = await Promise.all(['text', 'mixture-1d', 'simplex-3'].map((id) => makeProblem(id)));
  // one on features is registered by the user
  const onFeatures = frechetOnFeatures({ label: 'any', hash: '01234567', features: (samples) => samples });
  const entries = [...metricEntries(), onFeatures];
  const made = entries.map((entry) => problems.flatMap(({ truth }) => entry.make(truth) ?? []));
  for (const [i, metrics] of made.entries()) expect(metrics, entries[i].id).not.toEqual([]);
  return made.flat().flatMap(({ reference }) => reference ?? []);
};

describe('citations', () => {
  it.each(solverReferences)(
    'the reference of %s, "%s", names a work of the bibliography or this package',
    (_, reference) => {
      expect(isOwn(reference) || worksOf(reference).length > 0).toBe(true);
    },
  );

  it.each(solverReferences.filter(([, reference]) => /arXiv:|doi:/.test(reference)))(
    'every number in the reference of %s, "%s", is that of a work',
    (_, reference) => {
      const numbers = reference.match(/arXiv:\d{4}\.\d{5}|doi:[\w./-]+\w/g) ?? [];
      const known = worksOf(reference).flatMap(({ named }) => named);
      for (const number of numbers) expect(known).toContain(number);
    },
  );

  it('those of metrics and processes do as well', async () => {
    const metrics = await metricReferences();
    expect(metrics.length).toBeGreaterThan(5);
    for (const reference of metrics) expect(worksOf(reference)).not.toEqual([]);
    const made = ['expression', 'table']; // by the user
    for (const { id } of processes().filter((process) => !made.includes(process.id))) {
      expect(worksOf(processReference(id)), id).not.toEqual([]);
    }
  });

  it('no work stands in the bibliography that nothing refers to', async () => {
    const references = [
      ...solverReferences.map(([, reference]) => reference),
      ...processes().map(({ id }) => processReference(id)),
      ...(await metricReferences()),
    ];
    expect(citationsOf(references).works).toEqual(bibliography);
  });

  it('tells apart whose Song et al. 2021 it is', () => {
    const keys = (reference: string): readonly string[] => worksOf(reference).map(({ key }) => key);
    expect(keys('Song, Meng & Ermon 2021, arXiv:2010.02502, eq. 12')).toEqual(['song2021denoising']);
    expect(keys('Song et al. 2021, arXiv:2011.13456, eqs. 6 and 13')).toEqual(['song2021score']);
  });

  it('a reference that names no known work is handed on in words, each once', () => {
    expect(citationsOf(['my own notes', 'my own notes', '', 'docs/theory.md, section 4'])).toEqual({
      works: [],
      others: ['my own notes'],
    });
  });

  it('every entry is BibTeX with the fields that its type needs, under a key of its own', () => {
    expect(new Set(bibliography.map(({ key }) => key)).size).toBe(bibliography.length);
    const needed = { article: ['journal'], inproceedings: ['booktitle'], misc: [] } as const;
    for (const work of bibliography) {
      for (const field of ['author', 'title', 'year', ...needed[work.type]])
        expect(work.fields).toHaveProperty(field);
      expect(work.fields.year).toMatch(/^(?:19|20)\d\d$/);
      const text = bibtex(work);
      expect(text).toMatch(/^@(?:article|inproceedings|misc)\{[a-z0-9]+,\n(?: {2}\w+ = \{.+\},?\n)+\}$/);
      let depth = 0;
      for (const sign of text) {
        depth += sign === '{' ? 1 : sign === '}' ? -1 : 0;
        expect(depth).toBeGreaterThanOrEqual(0);
      }
      expect(depth).toBe(0);
    }
  });
});
