/** The files of a training's folder. */
export const trainingFiles = {
  /** What is trained, and on what machines so far. */
  record: 'training.json',
  /** A line for every `logEvery` steps, and one for each validation. */
  log: 'log.jsonl',
  checkpoint: 'checkpoint.bin',
  /** The averaged weights, the graph that refers to them, and what is to know of it. */
  weights: 'weights.bin',
  graph: 'network.onnx',
  description: 'network.json',
} as const;
