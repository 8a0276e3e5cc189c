import { existsSync } from 'node:fs';
import { beforeAll, describe, it } from 'vitest';
import { type BackendName, type Tfjs, backendNames, loadTfjs, makeCurrent } from '../../src/array/tfjs.js';

/** Where Chromium and others put the file that names SwiftShader, Vulkan on a processor. */
export const swiftShader = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/share/vulkan/icd.d',
]
  .map((folder) => `${folder}/vk_swiftshader_icd.json`)
  .find((path) => existsSync(path));

// a GPU of the user's own is tested by VK_DRIVER_FILES, or where there is no SwiftShader
if (swiftShader !== undefined) process.env.VK_DRIVER_FILES ??= swiftShader;

const load = async (name: BackendName): Promise<Tfjs | string> => {
  try {
    const tfjs = await loadTfjs(name);
    // else small tensors never leave the processor
    if (name === 'webgpu') {
      tfjs.tf.env().set('WEBGPU_CPU_FORWARD', false);
      // of the two programs for small products the one that SwiftShader doesn't need 0.1 s for each time
      tfjs.tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 2);
    }
    return tfjs;
  } catch (error) {
    return (error as Error).message;
  }
};

const loaded: (readonly [BackendName, Tfjs | string])[] = [];
for (const name of backendNames) loaded.push([name, await load(name)]);

/** The same tests on every backend that loads here; of the others the output says why they are left out. */
export const onEveryBackend = (tests: (tfjs: Tfjs) => void): void => {
  describe.each(loaded)('on %s', (name, found) => {
    if (typeof found === 'string') {
      console.warn(`\n*** LEFT OUT: the tests on ${name}. ${found} ***\n`);
      it.skip(`left out: ${found}`);
      return;
    }
    beforeAll(() => makeCurrent(found));
    tests(found);
  });
};

/** The number of tensors that the work leaves behind. */
export const leftBehind = async ({ tf }: Tfjs, work: () => unknown): Promise<number> => {
  const before = tf.memory().numTensors;
  await Promise.resolve()
    .then(work)
    .catch(() => undefined);
  return tf.memory().numTensors - before;
};
