import { family, familyRegistry, type Family, type Parameter } from '../family.js';
import type { Json } from '../json.js';
import { mlp, type MlpOptions } from './mlp.js';
import type { Architecture } from './ops.js';
import { transformer, type TransformerOptions } from './transformer.js';
import { unet, type UnetOptions } from './unet.js';
import { vdmUnet, type VdmUnetOptions } from './vdm-unet.js';

const number = (name: string, description: string, usual?: number): Parameter => ({
  name,
  kind: 'number',
  description,
  ...(usual !== undefined && { default: usual }),
});
const dropout = number('dropout', 'part of the entries that is dropped while training', 0);
const outputs = number('outputs', 'numbers given for each that is shown; 2 for mean and log-deviation', 1);
const groups = number('groups', 'groups of channels of the normalisations', 32);
const side = number('side', 'height and width of an image');

const families = familyRegistry<Architecture>('architecture', [
  family<MlpOptions, Architecture>(
    {
      id: 'mlp',
      description: 'multilayer perceptron of residual blocks',
      parameters: [
        number('dimension', 'numbers of a sample'),
        number('width', 'width of the hidden layers'),
        number('depth', 'residual blocks'),
        outputs,
        dropout,
      ],
    },
    mlp,
  ),
  family<TransformerOptions, Architecture>(
    {
      id: 'transformer',
      description: 'non-causal GPT of the BFN paper, for text',
      parameters: [
        number('length', 'variables of a sample'),
        number('classes', 'K, classes of a variable'),
        number('width', 'width of a place'),
        number('depth', 'blocks'),
        number('heads', 'heads of attention'),
        dropout,
      ],
    },
    transformer,
  ),
  family<UnetOptions, Architecture>(
    {
      id: 'unet',
      description: 'U-Net of improved diffusion, for binary images in the BFN paper',
      parameters: [
        side,
        number('channels', 'numbers of a pixel; with 1 a sample is flat', 1),
        number('width', 'channels of the first level'),
        {
          name: 'multipliers',
          kind: 'numbers',
          description: 'channels of each level, in widths',
          default: [1, 2, 2],
        },
        number('blocks', 'residual blocks of a level on the way down', 2),
        number('heads', 'heads of the attention in the middle', 4),
        groups,
        dropout,
        outputs,
      ],
    },
    unet,
  ),
  family<VdmUnetOptions, Architecture>(
    {
      id: 'vdm-unet',
      description: 'U-Net of variational diffusion models, for colour images in the BFN paper',
      parameters: [
        side,
        number('channels', 'numbers of a pixel'),
        number('width', 'channels'),
        number('depth', 'residual blocks on the way down'),
        number('heads', 'heads of the attention in the middle', 1),
        groups,
        dropout,
        outputs,
      ],
    },
    vdmUnet,
  ),
]);

/** Adds a family of architectures, as the built-in ones are. Throws a `UsageError` if the id is taken or not kebab-case. */
export const registerArchitecture = (added: Family<Architecture>): void => families.register(added);

/** All architectures that can be made by name. */
export const architectures = (): readonly Family<Architecture>[] => families.list();

/**
 * Makes a registered architecture, defaults filled in: `architecture(a.id, a.options)` is a again. Throws a `UsageError` for an unknown id
 * or option, a missing one, or a value that is not accepted.
 */
export const architecture = (id: string, options: Readonly<Record<string, Json>> = {}): Architecture =>
  families.make(id, options);
