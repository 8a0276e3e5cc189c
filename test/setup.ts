import fc from 'fast-check';

// One seed, so that a run of CI can be repeated; FC_SEED=random (or a number) explores others.
const { FC_SEED: seed = '20240717' } = process.env;
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
