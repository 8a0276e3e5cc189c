import { textAlphabet } from '../../src/data/text.js';
import { type Parameter, family, familyRegistry } from '../../src/family.js';
import type { Problem } from '../problem.js';
import { simplex3 } from './simplex.js';
import { text } from './text.js';
import { digits, mixture1d, mixture2d } from './vectors.js';

const sigma1: Parameter = {
  name: 'sigma1',
  kind: 'number',
  default: 0.001,
  description: 'input standard deviation of BFN at the data end',
};
const beta1 = (usual: number): Parameter => ({
  name: 'beta1',
  kind: 'number',
  default: usual,
  description: 'accuracy of BFN at the data end',
});

const families = familyRegistry<Problem | Promise<Problem>>('problem', [
  family(
    {
      id: 'text',
      description: 'English as an order-m character model knows it (WikiText-2 in 27 symbols)',
      parameters: [
        { name: 'order', kind: 'number', default: 2, description: 'characters that the next one depends on' },
        { name: 'length', kind: 'number', default: 64, description: 'characters of a sample' },
        {
          name: 'alphabet',
          kind: 'text',
          default: textAlphabet,
          description: 'the characters kept of the text; others are dropped',
        },
        beta1(0.5625),
      ],
    },
    text,
  ),
  family(
    {
      id: 'digits',
      description: 'handwritten 8x8 digits (UCI) as a mixture of Gaussians',
      parameters: [
        { name: 'components', kind: 'number', default: 20, description: 'Gaussians of the mixture' },
        { name: 'seed', kind: 'number', default: 1, description: 'of the fit by EM' },
        sigma1,
      ],
    },
    digits,
  ),
  family(
    {
      id: 'mixture-1d',
      description: 'three Gaussians on a line',
      parameters: [{ ...sigma1, default: 0.02 }],
    },
    mixture1d,
  ),
  family(
    {
      id: 'mixture-2d',
      description: 'Gaussians on a circle',
      parameters: [
        { name: 'components', kind: 'number', default: 8, description: 'Gaussians of the mixture' },
        { ...sigma1, default: 0.02 },
      ],
    },
    mixture2d,
  ),
  family(
    {
      id: 'simplex-3',
      description: 'one categorical variable of three classes',
      parameters: [
        {
          name: 'probabilities',
          kind: 'numbers',
          default: [0.5, 0.3, 0.2],
          description: 'of the classes; they sum to 1',
        },
        beta1(1.5),
      ],
    },
    simplex3,
  ),
]);

/** Adds a problem of your own. Throws a `UsageError` if its id is taken. */
export const registerProblem = families.register;

export const problemList = families.list;

/** Reads `text:order=3,length=32`. Throws a `UsageError` that says what exists. */
export const parseProblem = families.parse;

/** Rejects with a `UsageError` for an unknown id or a value that is not accepted. */
export const makeProblem = async (...specification: Parameters<typeof families.make>): Promise<Problem> =>
  families.make(...specification);
