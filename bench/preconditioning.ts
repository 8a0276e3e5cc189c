// Microseconds that a step of a preconditioned plan costs a sample of 64 numbers beside its network call, and beside a call of the
// digits' mixture: npx tsx bench/preconditioning.ts
import { makeProblem } from '../experiments/problems/index.js';
import { solver, timeGrid } from '../solvers/index.js';
import { stepper } from '../src/plan/runner.js';
import { zeros } from '../src/array/batch.js';

const samples = 1024;
const nfe = 10;
const rounds = 5;

const fastest = (work: () => void): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return (1000 * Math.min(...times)) / samples / nfe;
};

const { process, denoiser, moments } = await makeProblem('digits');
const { spectrum } = moments;
if (!spectrum) throw new Error('the digits have a covariance');
const start = { ...zeros([64, 64]), data: Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i)) };
const settings = { nfe, grid: timeGrid.karras({ rho: 7 }), lastStep: 'stop' } as const;

const row = (id: string, reference: boolean, network: boolean): number => {
  const plan = solver(id).plan(process, { ...settings, ...(reference ? { reference: spectrum } : {}) });
  return fastest(() => {
    for (let chunk = 0; chunk < samples; chunk += 64) {
      const running = stepper(plan, start);
      for (let next = running.next(); !next.done;) {
        const { state, moments: at, out } = next.value;
        if (network) void denoiser.predict(state, at, out);
        else out.data.set(state.data);
        next = running.next(out);
      }
    }
  });
};

console.log('us a sample and step          numbers  a component  with network');
for (const id of ['dpm-solver++1', 'dpm-solver++2m', 'exponential-adams-t-p2c3']) {
  const cells = [row(id, false, false), row(id, true, false), row(id, true, true)];
  console.log(id.padEnd(28) + cells.map((value) => value.toFixed(2).padStart(10)).join(' '));
}
