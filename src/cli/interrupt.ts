import { constants } from 'node:os';
import { Interruption } from '../errors.js';

const names = ['SIGINT', 'SIGTERM'] as const;

/** Turns the first Ctrl-C, or a cluster's SIGTERM, into an aborted signal, whose reason says what `message` says then; a second one ends the process at once. */
export const interruptible = (message: () => string): { readonly signal: AbortSignal; stop(): void } => {
  const controller = new AbortController();
  const stop = (): void => names.forEach((name) => process.off(name, interrupt));
  const interrupt = (name: (typeof names)[number]): void => {
    stop();
    controller.abort(new Interruption(message(), 128 + constants.signals[name]));
  };
  names.forEach((name) => process.on(name, interrupt));
  return { signal: controller.signal, stop };
};
