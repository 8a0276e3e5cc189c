import { SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number, total: number, details?: Readonly<Record<string, string>>): void;
  stop(): void;
}

/** A bar on a terminal, on standard error; nothing in a pipe. It takes no hold of the cursor or of Ctrl-C, which stops at once. */
export const progressBar = (unit: string, format = '{duration_formatted}'): Progress => {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `{bar} {value}/{total} ${unit}, ${format}`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  let started = false;
  return {
    update: (done, total, details = {}) => {
      if (started) bar.update(done, details);
      else bar.start(total, done, details);
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
};
