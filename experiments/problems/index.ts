import { type Parameter, family, familyRegistry } from '../../src/family.js';
import type { Problem } from '../problem.js';
import { simplex3 } from './simplex.js';
import { digits, mnist } from './images.js';
import { digitsNetwork, mnistNetwork, network, textNetwork } from './networks.js';
import { text, textSources } from './text.js';
import { mixture1d, mixture2d } from './vectors.js';

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

const rulerOrder: Parameter = {
  name: 'order',
  kind: 'number',
  default: 3,
  description: 'of the character model that texts are measured by',
};

const images = (components: number): readonly Parameter[] => [
  { name: 'components', kind: 'number', default: components, description: 'Gaussians of the mixture' },
  { name: 'seed', kind: 'number', default: 1, description: 'of the fit by EM' },
  {
    name: 'classes',
    kind: 'text',
    default: '0-9',
    description: 'digits that it is fitted to: one, or a range',
  },
  { name: 'given', kind: 'number', optional: true, description: 'the digit, if it is known' },
  sigma1,
];

const families = familyRegistry<Problem | Promise<Problem>>('problem', [
  family(
    {
      id: 'text',
      description: 'English as an order-m character model knows it (WikiText-2 in 27 symbols, unless told)',
      parameters: [
        { name: 'order', kind: 'number', default: 2, description: 'characters that the next one depends on' },
        { name: 'length', kind: 'number', default: 64, description: 'characters of a sample' },
        {
          name: 'source',
          kind: 'text',
          default: 'wikitext2',
          description: `the text that it is counted on: ${Object.keys(textSources).join(', ')}`,
        },
        {
          name: 'alphabet',
          kind: 'text',
          optional: true,
          description: "the characters kept of the text, unless told the source's own; others are dropped",
        },
        {
          name: 'given',
          kind: 'text',
          optional: true,
          description: 'the first characters, where they are known; _ for one that is not',
        },
        {
          name: 'mix',
          kind: 'number',
          optional: true,
          description: "weight of the characters' own frequencies in the model, unless told .001 or .003",
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
      parameters: images(20),
    },
    digits,
  ),
  family(
    {
      id: 'mnist',
      description: 'handwritten digits of MNIST in 14x14 pixels as a mixture of Gaussians',
      parameters: [
        { name: 'side', kind: 'number', default: 14, description: 'of an image, in pixels: 14 or 7' },
        ...images(20),
      ],
    },
    mnist,
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
      id: 'digits-network',
      description: 'handwritten 8x8 digits by a network that learned them',
      parameters: [],
    },
    digitsNetwork,
  ),
  family(
    {
      id: 'mnist-network',
      description: 'binarised digits of MNIST in 14x14 pixels by a network that learned them',
      parameters: [],
    },
    mnistNetwork,
  ),
  family(
    {
      id: 'text-network',
      description:
        'English in 27 symbols by a network that learned it, measured by an order-m character model',
      parameters: [rulerOrder],
    },
    textNetwork,
  ),
  family(
    {
      id: 'network',
      description: 'a network of your own, in an .onnx file with its description beside it',
      parameters: [
        { name: 'path', kind: 'text', description: 'the .onnx file, or the folder of a training' },
        {
          name: 'data',
          kind: 'text',
          optional: true,
          description: 'the data set to hold samples against, unless told what the network was trained on',
        },
        {
          name: 'order',
          kind: 'number',
          optional: true,
          description: `${rulerOrder.description}; 3 unless told`,
        },
      ],
    },
    network,
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
