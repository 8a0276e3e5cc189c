import { beforeAll, describe, expect, it } from 'vitest';
import { backendNames } from '../../src/array/backend-names.js';
import { reasonOf } from '../../src/array/backends.js';
import { loadTfjs, makeCurrent } from '../../src/array/tfjs.js';
import { UsageError } from '../../src/errors.js';
import { buildTime, ensureBuilt, execute, root } from '../built.js';
import { leftBehind, swiftShader } from './backends.js';

beforeAll(ensureBuilt, buildTime);

/** A program of a user, in a process with these drivers: all that it prints, and that it ends by itself. */
const program = (code: string, drivers: string) =>
  execute(
    process.execPath,
    ['--input-type=module', '--eval', `import { loadTfjs } from './dist/src/tensors.js';\n${code}`],
    { cwd: root, timeout: 60_000, env: { ...process.env, VK_DRIVER_FILES: drivers } },
  ).then(({ stdout, stderr }) => ({ stdout, stderr }));

const square = `
  const product = tf.matMul(tf.ones([300, 300]), tf.ones([300, 300]));
  console.log(backend, (await product.data())[7]);`;

// drivers are chosen by a variable of Vulkan, which is Linux's
const onLinux = process.platform === 'linux';

describe.runIf(onLinux)('without a name', () => {
  it('the first backend that works is there, and nothing is said of the others; a GPU that the processor plays is left alone', async () => {
    for (const drivers of ['/nowhere.json', swiftShader ?? '/nowhere.json']) {
      const { stdout, stderr } = await program(`const { tf, backend } = await loadTfjs();${square}`, drivers);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^(?:tensorflow-gpu|tensorflow|wasm) 300\n$/);
    }
  });
});

describe('by its name', () => {
  it.runIf(onLinux)('a backend that is not there is refused in one line: why, and which are', async () => {
    const code = `await loadTfjs('webgpu').catch(({ name, message }) => console.log(name, message));`;
    const { stdout, stderr } = await program(code, '/nowhere.json');
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^UsageError the backend webgpu does not work here: (?:no adapter|the package webgpu)[^\n]+; those that do: .*wasm, cpu\n$/,
    );
  });

  it.runIf(onLinux && swiftShader !== undefined)(
    'WebGPU computes on what is there, can be given back and had again, and lets the program end (left out without SwiftShader)',
    async () => {
      const code = `
        for (const again of [1, 2]) {
          const { tf, backend, device, release } = await loadTfjs('webgpu');${square}
          console.log(device);
          if (again === 1) release();
        }`;
      const { stdout, stderr } = await program(code, swiftShader ?? '');
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^(webgpu 300\nSwiftShader [^\n]*\n){2}$/);
    },
  );

  it.runIf(onLinux && swiftShader !== undefined)(
    'a device of WebGPU is there until the last of its holders lets go, each of them once (left out without SwiftShader)',
    async () => {
      const code = `
        const { openTrained } = await import('./dist/src/train/index.js');
        const open = () => openTrained('models/digits', { backend: 'webgpu' });
        const [a, b] = await Promise.all([open(), open()]);
        const { tf, release } = await loadTfjs('webgpu');
        const { backend } = await loadTfjs(); // which tries WebGPU and passes it over: it is a processor's
        console.log(backend === 'webgpu');
        for (const each of [b.release, b.release, release, release, release]) await each();
        const moment = { t: 0.5, alpha: a.process.alpha(0.5), sigma: a.process.sigma(0.5), time: 0.5 };
        const state = { shape: [1, ...a.denoiser.sampleShape], data: new Float32Array(64).fill(0.25) };
        console.log((await a.denoiser.predict(state, [moment])).data.every((value) => Math.abs(value) <= 1));
        await a.release();
        console.log(tf.findBackendFactory('webgpu') != null);`;
      const { stdout, stderr } = await program(code, swiftShader ?? '');
      expect([stdout, stderr]).toEqual(['false\ntrue\nfalse\n', '']);
    },
  );

  it.runIf(onLinux && swiftShader !== undefined)(
    'a device of WebGPU that does not start is given back (left out without SwiftShader)',
    async () => {
      const code = `
        const { tf } = await loadTfjs('cpu');
        const { setBackend } = tf.engine();
        tf.engine().setBackend = (name) => name !== 'webgpu' && setBackend.call(tf.engine(), name);
        await loadTfjs('webgpu').catch(({ message }) => console.log(message));
        console.log(tf.findBackendFactory('webgpu') != null, tf.getBackend());`;
      const { stdout, stderr } = await program(code, swiftShader ?? '');
      expect(stderr).toBe('');
      expect(stdout).toMatch(
        /^the backend webgpu does not work here: tfjs could not start it; [^\n]*\nfalse cpu\n$/,
      );
    },
  );

  it('an unknown one is refused with those that there are', async () => {
    const run = loadTfjs('cuda' as never);
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(`unknown backend "cuda"; there are: ${backendNames.join(', ')}`);
  });
});

it('of several that are loaded, the one that is made current computes, and trying them leaves no tensor behind', async () => {
  const [wasm, cpu] = [await loadTfjs('wasm'), await loadTfjs('cpu')];
  expect(wasm.tf.getBackend()).toBe('cpu');
  await makeCurrent(wasm);
  expect(wasm.tf.getBackend()).toBe('wasm');
  expect(await leftBehind(cpu, () => loadTfjs('cpu'))).toBe(0);
});

it('says why a package of TensorFlow does not work', () => {
  expect(reasonOf(new TypeError('(0 , util_1.isNullOrUndefined) is not a function'))).toMatch(
    /^TensorFlow's package 4\.22 does not run on Node \d+\.\d+\.\d+: it needs one below 23$/,
  );
  const binding =
    'The Node.js native addon module (tfjs_binding.node) can not be found at path: /a.\nPlease run command';
  expect(reasonOf(new Error(binding))).toMatch(
    /^its native library is missing \(The Node\.js .* path: \/a\)$/,
  );
});
