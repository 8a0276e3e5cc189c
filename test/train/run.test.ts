import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Tfjs, loadTfjs } from '../../src/array/tfjs.js';
import { DivergedError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';
import { type WrittenConfig, readConfig } from '../../src/train/config.js';
import { trainingFiles } from '../../src/train/files.js';
import { readLog, runTraining } from '../../src/train/run.js';
import { type Task, taskOf } from '../../src/train/task.js';
import type { Items } from '../../src/train/trainer.js';
import { buildTime, ensureBuilt, root } from '../built.js';
import { ownFolder, tinyConfigs } from './tiny-trainings.js';

const place = ownFolder();
const steps = 130;
const written: WrittenConfig = {
  ...tinyConfigs.diffusion,
  ...{ steps, checkpointEvery: 30, validation: { every: 40, items: 20 } },
};
const config = readConfig(written);
const results = ['log', 'weights', 'graph', 'description', 'checkpoint'] as const;

let tfjs: Tfjs;
let task: Task;
beforeAll(async () => {
  await ensureBuilt();
  tfjs = await loadTfjs('cpu');
  task = await taskOf(config);
  await runTraining({ config, task, tfjs, folder: join(place.folder, 'whole') });
}, buildTime);

const contents = (folder: string): Promise<Buffer[]> =>
  Promise.all(results.map((name) => readFile(join(place.folder, folder, trainingFiles[name]))));

/** Trains until a step is done, or to the end; resolves to the step it came to. */
const trainTo = async (folder: string, last = Infinity): Promise<number> => {
  const stop = new AbortController();
  const onStep = (step: number): void => {
    if (step === last) stop.abort();
  };
  const options = { config, task, tfjs, folder: join(place.folder, folder), signal: stop.signal, onStep };
  return (await runTraining(options)).step;
};

describe('a training in a folder', () => {
  it('has a line of the log for 50 steps each, and for the validations', async () => {
    const log = await readLog(join(place.folder, 'whole', trainingFiles.log));
    const losses = log.filter(({ loss }) => loss !== undefined);
    expect(losses.map(({ step }) => step)).toEqual([50, 100, 130]);
    expect(log.filter(({ validation }) => validation !== undefined).map(({ step }) => step)).toEqual([
      40, 80, 120, 130,
    ]);
    for (const { gradientNorm, rate } of losses) {
      expect(gradientNorm).toBeGreaterThan(0);
      expect(rate).toBe(config.optimiser.rate);
    }
  });

  it('stopped after any steps, and gone on with, it ends with the same bytes: weights, average, optimiser, log', async () => {
    let run = 0;
    const anyStep = fc.integer({ min: 1, max: steps - 1 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyStep, { minLength: 1, maxLength: 3 }), async (stops) => {
        const folder = `stopped-${run++}`;
        for (const stop of stops.toSorted((a, b) => a - b)) expect(await trainTo(folder, stop)).toBe(stop);
        expect(await trainTo(folder)).toBe(steps);
        expect(await contents(folder)).toEqual(await contents('whole'));
      }),
      { numRuns: 4 },
    );
  });

  it('lines of the log after the checkpoint, and one that is torn, are done again', async () => {
    await trainTo('torn', 60);
    const log = join(place.folder, 'torn', trainingFiles.log);
    const line = { step: 100, loss: 1, gradientNorm: 1, rate: 1 };
    await appendFile(log, `${JSON.stringify(line)}\n{"step":10`);
    await trainTo('torn');
    expect(await contents('torn')).toEqual(await contents('whole'));
  });

  it(
    'killed at random moments, and gone on with each time, it ends with the same bytes',
    { timeout: 60_000 },
    async () => {
      const folder = join(place.folder, 'killed');
      const script = `
      const { loadTfjs, readConfig, runTraining, taskOf } = await import('./dist/src/train/index.js');
      const config = readConfig(${JSON.stringify(written)});
      const options = { config, task: await taskOf(config), tfjs: await loadTfjs('cpu'), folder: ${JSON.stringify(folder)} };
      process.send('ready');
      await runTraining(options);
      process.disconnect();`;
      const { uniform } = randomStream(1, 'killed');
      let [kills, ended] = [0, false];
      while (!ended) {
        const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
          ...{ cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] as const },
        });
        const end = once(child, 'close');
        await once(child, 'message');
        if (kills < 3) {
          await pause(20 + 120 * uniform());
          child.kill('SIGKILL');
        }
        const [code, signal] = (await end) as [number | null, string | null];
        if (signal === 'SIGKILL') kills++;
        ended = code === 0;
        expect(ended || signal === 'SIGKILL').toBe(true);
      }
      expect(kills).toBeGreaterThan(0);
      expect(await contents('killed')).toEqual(await contents('whole'));
    },
  );
});

describe('a training that diverges', () => {
  /** Items that are changed from the `after`th batch on. */
  const changed = (items: Items, after: number, change: (x: number) => number): Items => {
    let batches = 0;
    return {
      count: items.count,
      async read(indices, epoch) {
        const { shape, data } = await items.read(indices, epoch);
        return batches++ < after ? { shape, data } : { shape, data: data.map(change) };
      },
    };
  };
  const failureOf = async (folder: string, items: Items): Promise<unknown> =>
    runTraining({ config, task: { ...task, train: items }, tfjs, folder: join(place.folder, folder) }).catch(
      (error: unknown) => error,
    );

  it('keeps the last checkpoint and writes no network; sane again, it goes on from there to where it would have ended', async () => {
    const failure = await failureOf(
      'spoilt',
      changed(task.train, 70, () => NaN),
    );
    expect(failure).toBeInstanceOf(DivergedError);
    expect(failure).toMatchObject({ evaluation: 71, what: 'the loss is NaN' });
    const files = (await readdir(join(place.folder, 'spoilt'))).toSorted();
    expect(files).toEqual(['checkpoint.bin', 'log.jsonl', 'training.json']);
    await trainTo('spoilt');
    expect(await contents('spoilt')).toEqual(await contents('whole'));
  });

  it('is stopped where the loss of 50 steps is ten times that of the first 50', async () => {
    const data = { ...written, predicts: 'data', name: 'runaway' } as const;
    const own = readConfig(data);
    const runaway = await taskOf(own);
    const train = changed(runaway.train, 55, (x) => 100 * x);
    const folder = join(place.folder, 'runaway');
    const failure = await runTraining({ config: own, task: { ...runaway, train }, tfjs, folder }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(DivergedError);
    expect((failure as DivergedError).evaluation).toBe(100);
    expect((failure as DivergedError).what).toMatch(
      /^the loss is \S+ and began with \S+; try a lower rate or a longer warm-up$/,
    );
    expect(existsSync(join(folder, trainingFiles.weights))).toBe(false);
  });
});
