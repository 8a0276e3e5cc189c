import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elements } from '../../src/array/batch.js';
import { loadTfjs } from '../../src/array/tfjs.js';

it('WebAssembly leaves the errors of the process alone', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const own = (): void => undefined;
  process.on('uncaughtException', own);
  const listeners = () => events.map((event) => process.rawListeners(event as NodeJS.Signals));
  const before = listeners();
  const { tf } = await loadTfjs('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(listeners()).toEqual(before);
  process.off('uncaughtException', own);
});

/** A shape with a part of it: where it begins and how large it is, along each axis. */
const anyPart = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }).chain((shape) =>
  fc
    .tuple(...shape.map((d) => fc.nat(d - 1).chain((from) => fc.tuple(fc.constant(from), fc.nat(d - from)))))
    .map((ranges) => ({
      shape,
      begin: ranges.map(([from]) => from),
      size: ranges.map(([, size]) => size),
    })),
);

const indices = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, d) => all.flatMap((one) => Array.from({ length: d }, (_, i) => [...one, i])),
    [[]],
  );

/** Counted through: each number is its own place. */
const placeIn = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((at, i, axis) => at * shape[axis] + i, 0);

it('parts of a tensor in WebAssembly are just these numbers, of any rank, type and place', async () => {
  const { tf } = await loadTfjs('wasm');
  const before = tf.memory().numTensors;
  const types = fc.constantFrom('float32', 'int32', 'bool');
  fc.assert(
    fc.property(anyPart, types, ({ shape, begin, size }, type) => {
      tf.tidy(() => {
        const values = Array.from({ length: elements(shape) }, (_, i) =>
          type === 'bool' ? Number(i % 3 === 0) : i,
        );
        const x = tf.tensor(values, shape, type);
        const part = tf.slice(x, begin, size);
        expect([part.shape, part.dtype]).toEqual([size, type]);
        const wanted = indices(size).map(
          (index) =>
            values[
              placeIn(
                shape,
                index.map((i, axis) => begin[axis] + i),
              )
            ],
        );
        expect(Array.from(part.dataSync())).toEqual(wanted);
      });
    }),
  );
  fc.assert(
    fc.property(anyPart, fc.nat(), ({ shape, begin }, seed) => {
      tf.tidy(() => {
        const x = tf.range(0, elements(shape)).reshape(shape);
        const axis = seed % shape.length;
        const lengths = [begin[axis], shape[axis] - begin[axis]];
        expect(Array.from(tf.concat(tf.split(x, lengths, axis), axis).dataSync())).toEqual(
          Array.from(x.dataSync()),
        );
        tf.unstack(x, axis - shape.length).forEach((one, i) => {
          expect(one.shape).toEqual(shape.filter((_, other) => other !== axis));
          const wanted = indices(shape).filter((index) => index[axis] === i);
          expect(Array.from(one.dataSync())).toEqual(wanted.map((index) => placeIn(shape, index)));
        });
      });
    }),
  );
  const words = tf.slice(tf.tensor(['a', 'b', 'c'], [3], 'string'), 1, 2);
  expect(words.dataSync()).toEqual(['b', 'c']);
  words.dispose();
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1); // the words' own
});
