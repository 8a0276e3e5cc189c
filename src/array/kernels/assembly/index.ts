export * from './vector';
export * from './philox';
export * from './matrix';
export * from './markov';
