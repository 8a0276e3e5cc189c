import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint, writeWhole } from '../../src/train/checkpoint.js';
import { ownFolder } from './tiny-trainings.js';

const place = ownFolder();
const path = (name: string): string => join(place.folder, name);
const training = 'abc';

const anyCheckpoint = (): fc.Arbitrary<Checkpoint> =>
  fc.integer({ min: 1, max: 20 }).chain((count) => {
    const vector = fc.float32Array({ minLength: count, maxLength: count });
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0); // JSON has no -0
    return fc.record({
      ...{ step: fc.nat(), weights: vector, average: vector, first: vector, second: vector },
      records: fc.array(fc.record({ step: fc.nat(), loss: number, gradientNorm: number }), { maxLength: 3 }),
    });
  });

const count = 5;
const some: Checkpoint = {
  ...{ step: 7, weights: new Float32Array(count).fill(1), average: new Float32Array(count).fill(2) },
  ...{ first: new Float32Array(count).fill(3), second: new Float32Array(count).fill(4) },
  records: [{ step: 7, loss: 1 / 3, gradientNorm: 2 }],
};
let whole: Buffer;
beforeAll(async () => {
  await writeCheckpoint(path('some'), training, some);
  whole = await readFile(path('some'));
});

/** What is said of a file with these bytes. */
const complaint = async (bytes: Uint8Array, own = training, numbers = count): Promise<string> => {
  await writeFile(path('spoilt'), bytes);
  const error = await readCheckpoint(path('spoilt'), own, numbers).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as UsageError;
  expect(message).not.toContain('\n');
  expect(message.startsWith(`${path('spoilt')}: it `)).toBe(true);
  return message;
};

describe('a checkpoint', () => {
  it('is read as it was written, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(anyCheckpoint(), async (checkpoint) => {
        await writeCheckpoint(path('any'), training, checkpoint);
        expect(await readCheckpoint(path('any'), training, checkpoint.weights.length)).toEqual(checkpoint);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused where any one bit of it is another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        await complaint(whole.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)));
      }),
      { numRuns: 60 },
    );
  });

  it('is refused where it is cut off, anywhere, or goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        expect(await complaint(whole.subarray(0, length))).toMatch(/it is (cut off|no checkpoint)/);
      }),
      { numRuns: 40 },
    );
    await complaint(Buffer.concat([whole, Buffer.from([0])]));
  });

  it('of another training, another network or another program is refused, with what is accepted', async () => {
    const accepted =
      /; accepted is the checkpoint of this training, or none: give another folder or remove it$/;
    expect(await complaint(whole, 'another')).toMatch(/it is of a training with another description/);
    expect(await complaint(whole, training, 6)).toMatch(/it has 5 weights and the network has 6/);
    expect(await complaint(Buffer.from('something else'))).toMatch(/it is no checkpoint/);
    expect(await complaint(new Uint8Array())).toMatch(accepted);
    await mkdir(path('folder'), { recursive: true });
    await expect(readCheckpoint(path('folder'), training, count)).rejects.toThrow(UsageError);
  });

  it('that is not there is none', async () => {
    expect(await readCheckpoint(path('nowhere'), training, count)).toBeUndefined();
  });
});

describe('a file that is written whole', () => {
  it('stands as it was until it is; what a killed write left does not matter', async () => {
    await copyFile(path('some'), path('kept'));
    const failing = [whole, undefined as unknown as Uint8Array];
    await expect(writeWhole(path('kept'), failing)).rejects.toThrow();
    expect(await readFile(path('kept'))).toEqual(whole);
    await writeFile(path('kept.part'), whole.subarray(0, 40));
    expect(await readCheckpoint(path('kept'), training, count)).toEqual(some);
    await writeCheckpoint(path('kept'), training, { ...some, step: 8 });
    expect((await readCheckpoint(path('kept'), training, count))?.step).toBe(8);
    expect(await readdir(place.folder)).not.toContain('kept.part');
    await rm(path('kept'));
  });
});
