import { inChild } from './child.js';
import type { Tf } from './tfjs.js';

/** What is used of WebGPU's own types here. */
interface Device {
  destroy(): void;
}
interface Adapter {
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & {
    readonly isFallbackAdapter?: boolean;
  };
  readonly isFallbackAdapter?: boolean;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: object): Promise<Device>;
}
interface Gpu {
  requestAdapter(options: object): Promise<Adapter | null>;
}
interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): Gpu;
}

/** A GPU as tfjs holds it; `software` is one that a processor plays. */
export interface Held {
  readonly description: string;
  readonly software: boolean;
  /** Lets go of the GPU, once. The last of its holders gives it back, and the tensors on it are gone. */
  release(): void;
}

const wanted = { powerPreference: 'high-performance' };

const none = 'no adapter: no driver here offers a GPU by Vulkan, Metal or Direct3D 12';

/** In a child, since Dawn writes what it thinks of missing drivers straight to standard error. */
const look = async (): Promise<void> => {
  const script = `
    const { create } = await import(packages[0]);
    const adapter = await create([]).requestAdapter(${JSON.stringify(wanted)});
    process.stdout.write(adapter ? 'found' : 'none');
    process.exit(0);`;
  const said = await inChild(['webgpu'], script).catch((error: Error) => {
    const missing = /Cannot find module 'webgpu'/.test(error.message);
    throw new Error(
      missing ? 'the package webgpu is not installed' : `looking for an adapter: ${error.message}`,
    );
  });
  if (said !== 'found') throw new Error(none);
};

/** `navigator.gpu`: the browser's, or Dawn's put where tfjs looks for it. */
const gpu = async (): Promise<Gpu> => {
  const globals = globalThis as { navigator?: { gpu?: Gpu } };
  if (globals.navigator?.gpu) return globals.navigator.gpu;
  if (typeof process === 'undefined') throw new Error('this browser has no WebGPU');
  await look();
  const name = 'webgpu';
  const dawn = (await import(name)) as Dawn;
  Object.assign(globalThis, dawn.globals);
  const value = dawn.create([]);
  // tfjs reads userAgent as well; Node has a navigator from version 21 on
  if (globals.navigator) Object.defineProperty(globals.navigator, 'gpu', { value, configurable: true });
  else
    Object.defineProperty(globalThis, 'navigator', {
      value: { gpu: value, userAgent: 'node' },
      configurable: true,
    });
  return value;
};

/** What tfjs makes use of. */
const requirements = ({ features, limits }: Adapter): object => ({
  requiredFeatures: ['timestamp-query', 'bgra8unorm-storage'].filter((name) => features.has(name)),
  requiredLimits: Object.fromEntries(
    [
      'maxComputeWorkgroupStorageSize',
      'maxComputeWorkgroupsPerDimension',
      'maxStorageBufferBindingSize',
      'maxBufferSize',
      'maxComputeWorkgroupSizeX',
      'maxComputeInvocationsPerWorkgroup',
    ].map((name) => [name, limits[name]]),
  ),
});

/** The device as it is open, whoever holds it. */
type Opened = Omit<Held, 'release'> & { close(): void };

const open = async (tf: Tf): Promise<Opened> => {
  const adapter = await (await gpu()).requestAdapter(wanted);
  if (!adapter) throw new Error(none);
  // only now: it looks for navigator.gpu as it is imported
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // operations sent to the GPU at a time; at 15, as tfjs has it, a training of many small ones waits for sending
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 64);
  const device = await adapter.requestDevice(requirements(adapter));
  const { info } = adapter;
  const description = info.description || [info.vendor, info.architecture, info.device].join(' ').trim();
  const software =
    (info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false) ||
    /swiftshader|llvmpipe|lavapipe/i.test(`${description} ${info.architecture}`);
  // in place of tfjs's own, which would ask for an adapter and a device once more and keep them
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  type Arguments = ConstructorParameters<typeof WebGPUBackend>;
  const backend = new WebGPUBackend(device as unknown as Arguments[0], info as unknown as Arguments[1]);
  tf.registerBackend('webgpu', () => backend, 3);
  return {
    description: description || 'a GPU without a name',
    software,
    close() {
      tf.removeBackend('webgpu');
      device.destroy();
    },
  };
};

let shared: { readonly opened: Promise<Opened>; holders: number } | undefined;

/**
 * Registers the backend `webgpu` with tfjs, on the fastest adapter there is; all holders share one device. Throws an `Error` that says in one line why
 * not: the package `webgpu` is missing, or there is no adapter.
 */
export const holdGpu = async (tf: Tf): Promise<Held> => {
  // counted before anything is awaited, so that no release comes between
  const mine = (shared ??= { opened: open(tf), holders: 0 });
  mine.holders++;
  let holds = true;
  /** Whether nobody holds it any more. */
  const leave = (): boolean => {
    if (!holds) return false;
    holds = false;
    if (--mine.holders > 0) return false;
    shared = undefined;
    return true;
  };
  try {
    const { description, software, close } = await mine.opened;
    return { description, software, release: () => void (leave() && close()) };
  } catch (error) {
    leave();
    throw error;
  }
};
