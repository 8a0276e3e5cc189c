import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

// Imports run one way: a layer may import those before it, never those after.
const layers = [
  'src/random',
  'src/array',
  'src/process',
  'src/plan',
  'solvers',
  ['src/denoiser', 'src/data', 'src/bfn', 'src/train'],
  'experiments',
  'src/cli',
];

const oneWay = layers.map((layer, position) => {
  const later = layers.slice(position + 1).flat();
  return {
    files: [layer].flat().map((folder) => `${folder}/**/*.ts`),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: later.map((folder) => ({
            regex: `^\\.{1,2}/(.*/)?${folder.replace(/^src\//, '')}/`,
            message: `${[layer].flat().join(', ')} may not import ${folder}: imports run one way.`,
          })),
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/**', 'results/**', 'src/array/kernels/assembly/**', 'src/array/kernels/module.ts'] },
  eslint.configs.recommended,
  ...tseslint.configs.recommended,
  ...tseslint.configs.stylistic,
  { rules: { '@typescript-eslint/no-explicit-any': 'error' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: { Buffer: 'readonly', URL: 'readonly', console: 'readonly', process: 'readonly' },
    },
  },
  ...oneWay,
);
