import type { SymbolReference } from '../solvers/departure.js';
import { cosineSpectrum, diagonalSpectrum, spectrumOf } from '../src/denoiser/spectra.js';
import { UsageError } from '../src/errors.js';
import { family, familyRegistry } from '../src/family.js';
import { type Spectrum, covarianceOf } from '../src/plan/spectrum.js';
import type { Model } from './problem.js';

type Rows = readonly (readonly number[])[];

const spectrumWith =
  <Options>(make: (covariance: Rows, options: Options, problem: Model) => Spectrum) =>
  (options: Options) =>
  (problem: Model): Spectrum => {
    const spectrum = problem.moments?.spectrum;
    if (spectrum) return make(covarianceOf(spectrum), options, problem);
    throw new UsageError(
      `the problem "${problem.id}" knows no covariance of its data, which a reference needs`,
    );
  };

const pictureOf = ({ id, view }: Model): readonly number[] => {
  if (view?.kind === 'picture') return [view.height, view.width];
  throw new UsageError(`the reference "cosine" is for pictures, and the samples of "${id}" are none`);
};

const symbolsOf =
  ({ substeps }: { readonly substeps: number }) =>
  ({ id, moments }: Model): SymbolReference => {
    if (moments?.probabilities) return { probabilities: Array.from(moments.probabilities), substeps };
    throw new UsageError(
      `the problem "${id}" knows no symbol frequencies, which the reference "symbols" needs`,
    );
  };

type OfProblem = (problem: Model) => Spectrum | SymbolReference;

/** Reference models by name, made of a problem's own data: what `--reference` takes. */
export const references = familyRegistry<OfProblem>('reference', [
  family(
    { id: 'covariance', description: 'the covariance of the data', parameters: [] },
    spectrumWith((covariance) => spectrumOf(covariance)),
  ),
  family(
    { id: 'diagonal', description: 'the variances of the coordinates', parameters: [] },
    spectrumWith((covariance) => diagonalSpectrum(covariance)),
  ),
  family(
    { id: 'cosine', description: 'the variances of pictures along their cosine basis', parameters: [] },
    spectrumWith((covariance, _: object, problem) => cosineSpectrum(covariance, pictureOf(problem))),
  ),
  family(
    {
      id: 'low-rank',
      description: 'the first principal components, and the mean variance of the others',
      parameters: [{ name: 'rank', kind: 'number', default: 8, description: 'how many components' }],
    },
    spectrumWith((covariance, { rank }: { rank: number }) => spectrumOf(covariance, { rank })),
  ),
  family(
    {
      id: 'symbols',
      description: 'independent symbols of the frequencies of the data',
      parameters: [{ name: 'substeps', kind: 'number', default: 1, description: 'of a step, at no call' }],
    },
    symbolsOf,
  ),
]);
