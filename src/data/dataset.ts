import { type Parameter, type Specification, family, familyRegistry } from '../family.js';
import { digits, mnist } from './datasets/images.js';
import { cifar10 } from './datasets/cifar10.js';
import { npy } from './datasets/npy.js';
import type { Dataset } from './datasets/split.js';
import { text } from './datasets/text.js';
import { bundledTexts } from './text.js';

export type { Dataset, Split } from './datasets/split.js';

const path = (description: string): Parameter => ({
  name: 'path',
  kind: 'text',
  optional: true,
  description,
});
const split = (usual: readonly number[], of: string): Parameter => ({
  name: 'split',
  kind: 'numbers',
  default: usual,
  description: `parts for train, valid and, where there is a third, test: fractions or numbers of ${of}`,
});
const seed = (of: string): Parameter => ({ name: 'seed', kind: 'number', default: 1, description: of });
const imageForm: readonly Parameter[] = [
  {
    name: 'side',
    kind: 'number',
    optional: true,
    description: 'of an image, in pixels: that of the file, or a whole fraction of it by averages of blocks',
  },
  {
    name: 'binarise',
    kind: 'text',
    default: 'no',
    description:
      'no, or dynamic: pixels 0 or 1 drawn with the probability of their grey, anew at every epoch',
  },
];

const families = familyRegistry<Promise<Dataset>>('dataset', [
  family(
    {
      id: 'digits',
      description: 'handwritten 8x8 digits (UCI)',
      parameters: [
        path(
          'a CSV file, gzip or not: a line an image, 64 pixels from 0 to 16 and the label; else what ships',
        ),
        ...imageForm,
        split([0.9, 0.1], 'images'),
        seed('of the order that is split, and of binarised pixels'),
      ],
    },
    digits,
  ),
  family(
    {
      id: 'mnist',
      description: 'handwritten digits of MNIST, 60,000 to train on and 10,000 to validate with',
      parameters: [
        path(
          'a folder with the four IDX files under their names, gzip or not; else what ships, in 14x14 pixels',
        ),
        ...imageForm,
        seed('of binarised pixels'),
      ],
    },
    mnist,
  ),
  family(
    {
      id: 'text',
      description: 'windows of a text: all of them to train on, windows side by side to validate with',
      parameters: [
        path('a file in UTF-8, gzip or not, such as text8; else what ships'),
        {
          name: 'source',
          kind: 'text',
          optional: true,
          description: `which of those that ship, unless told wikitext2: ${Object.keys(bundledTexts).join(', ')}`,
        },
        { name: 'length', kind: 'number', default: 64, description: 'characters of a window' },
        {
          name: 'alphabet',
          kind: 'text',
          optional: true,
          description:
            'the characters, that of class 0 first, or * for those that occur (the 27 of text8 if there are no others); unless told the 27 for a file, * for what ships',
        },
        split([0.9, 0.05, 0.05], 'characters'),
      ],
    },
    text,
  ),
  family(
    {
      id: 'cifar10',
      description: 'colour images of CIFAR-10 in 32x32 pixels, read from the disk as they are needed',
      parameters: [
        {
          name: 'path',
          kind: 'text',
          description:
            'a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, or one such file',
        },
        {
          name: 'split',
          kind: 'numbers',
          optional: true,
          description: 'of a single file, unless told [0.9, 0.1]: fractions or numbers of images',
        },
        seed('of the order in which a single file is split'),
      ],
    },
    cifar10,
  ),
  family(
    {
      id: 'npy',
      description: 'any array of NumPy [n, ...]: n items, numbers or classes',
      parameters: [
        { name: 'path', kind: 'text', description: 'a .npy file, gzip or not' },
        {
          name: 'classes',
          kind: 'number',
          optional: true,
          description: 'how many classes there are, where entries are classes; 2 is binary data',
        },
        {
          name: 'range',
          kind: 'numbers',
          default: [-1, 1],
          description: 'where entries are numbers, what they lie in; it is carried to [-1, 1]',
        },
        split([0.9, 0.1], 'items'),
        seed('of the order that is split'),
      ],
    },
    npy,
  ),
]);

/** Adds a data set of your own. Throws a `UsageError` if its id is taken. */
export const registerDataset = families.register;

export const datasetList = families.list;

/** Reads `mnist:side=7,binarise=dynamic`. Throws a `UsageError` that says what exists. */
export const parseDataset = families.parse;

/**
 * Opens a data set to train on, from an id and parameters or one line of text: `mnist:side=7,binarise=dynamic`. Rejects with a
 * `UsageError` for an unknown id, a value that is not accepted, and files that are missing, corrupt or of another form.
 */
export const openDataset = async (specification: Specification | string): Promise<Dataset> => {
  const { id, parameters } = typeof specification === 'string' ? parseDataset(specification) : specification;
  return families.make(id, parameters);
};
