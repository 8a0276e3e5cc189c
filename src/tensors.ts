/** Plans and networks on tfjs tensors: backends, which are loaded when asked for, sampling, and what a network predicts. */
export {
  type BackendName,
  type BackendProbe,
  type Tf,
  type Tfjs,
  backendNames,
  loadTfjs,
  makeCurrent,
  probeBackends,
} from './array/tfjs.js';
export {
  type TensorDenoiser,
  type TensorSampleOptions,
  type TensorStepReport,
  sampleOnTensors,
} from './plan/sample-on-tensors.js';
export type { TensorRequest } from './plan/tensor-memory.js';
export { type TensorNetwork, adaptTensors, hostNetwork } from './denoiser/tensors.js';
