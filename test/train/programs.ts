import fc from 'fast-check';
import { elements } from '../../src/array/batch.js';
import type { Architecture, Ops, Shaped } from '../../src/train/ops.js';
import { shapeOps } from '../../src/train/shape-ops.js';

/** One more operation on h, `[-1, ...]`, of the many that `pick` can mean; `name` is free for a weight. */
const step = <T extends Shaped>(ops: Ops<T>, h: T, time: T, pick: number, name: string): T => {
  const { shape } = h;
  const rank = shape.length;
  const axes = shape.map((_, axis) => axis);
  const axis = 1 + (pick % (rank - 1));
  const turned = [0, ...axes.slice(axis + 1), ...axes.slice(1, axis + 1)];
  const back = axes.map((place) => turned.indexOf(place));
  const start = { law: 'ones' } as const;
  const few = elements(shape.slice(1)) < 50;
  const all: (() => T)[] = [
    () => ops.transpose(h, turned),
    () => ops.add(h, ops.transpose(ops.softmax(ops.transpose(h, turned)), back)),
    () => ops.transpose(ops.normalise(ops.transpose(h, turned), [rank - 1], 1e-3), back),
    () => ops.normalise(h, axes.slice(axis), 1e-3),
    () => ops.normalise(h, [axis], 1e-3),
    () => ops.softmax(h),
    () => ops.silu(h),
    () => ops.gelu(h),
    () => ops.scale(ops.sin(h), 0.5, 0.25),
    () => ops.multiply(h, ops.weight(name, shape.slice(axis), start)),
    () =>
      ops.add(
        ops.transpose(
          ops.weight(
            name,
            turned.slice(1).map((a) => shape[a]),
            start,
          ),
          back.slice(1).map((a) => a - 1),
        ),
        h,
      ),
    () => ops.add(h, ops.reshape(time, [-1, ...shape.slice(1).map(() => 1)])),
    () => ops.linear(h, ops.weight(name, [shape[rank - 1], 3], start)),
    () => ops.slice(h, axis, 0, Math.ceil(shape[axis] / 2)),
    () => (few ? ops.concat([h, ops.cos(h)], axis) : h),
    () =>
      few
        ? ops.concat([ops.softmax(h), ops.transpose(ops.softmax(ops.transpose(h, turned)), back)], axis)
        : h,
    () =>
      ops.reshape(
        h,
        rank > 2
          ? [-1, ...shape.slice(1, -2), shape[rank - 2] * shape[rank - 1]]
          : [-1, 1, ...shape.slice(1)],
      ),
    () =>
      ops.reshape(
        h,
        rank < 5 && shape[axis] % 2 === 0
          ? [...shape.slice(0, axis), 2, shape[axis] / 2, ...shape.slice(axis + 1)]
          : shape,
      ),
    () => ops.reshape(h, [-1, shape[rank - 1], ...shape.slice(1, -1)]),
  ];
  if (rank === 4) {
    const filter = (size: number): T => ops.weight(name, [size, size, shape[3], 2], start);
    all.push(
      () => ops.convolve(h, filter(3)),
      () => ops.convolve(h, filter(3), 2),
      () => ops.convolve(h, filter(1)),
      () => (few ? ops.upsample(h) : h),
      () => (few ? ops.matMul(ops.softmax(h), ops.transpose(h, [0, 1, 3, 2])) : h),
    );
  }
  return all[Math.floor(pick / 8) % all.length]();
};

/** Networks that are nothing but operations, one after the other. */
export const anyProgram = (): fc.Arbitrary<Architecture> =>
  fc
    .record({
      inputShape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      picks: fc.array(fc.nat(10_000), { minLength: 1, maxLength: 8 }),
    })
    .map(({ inputShape, picks }) => {
      const forward = <T extends Shaped>(ops: Ops<T>, x: T, time: T): T =>
        picks.reduce((h, pick, i) => step(ops, h, time, pick, `step${i}.weight`), x);
      const { shape } = forward(
        shapeOps(() => undefined),
        { shape: [-1, ...inputShape] },
        { shape: [-1] },
      );
      return { id: 'program', options: { picks }, inputShape, outputShape: shape.slice(1), forward };
    });
