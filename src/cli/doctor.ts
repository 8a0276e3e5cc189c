import { arch, cpus, platform, totalmem } from 'node:os';
import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { type Speed, measureBackend, measureHost } from '../../experiments/doctor/measure.js';
import { type OnnxRuntimeProbe, probeOnnxRuntime } from '../../experiments/doctor/onnx-runtime.js';
import { kernelsInUse } from '../array/host.js';
import { type BackendProbe, loadTfjs, probeBackends } from '../array/tfjs.js';
import { printJson } from './options.js';

interface Examined extends BackendProbe, Partial<Speed> {
  /** Whether it is the one that is used where none is named. */
  readonly preferred: boolean;
}

interface Report {
  readonly node: string;
  readonly system: string;
  readonly processor: { readonly model: string; readonly cores: number };
  readonly memoryBytes: number;
  readonly host: Pick<Speed, 'stepMilliseconds'> & { readonly kernels: 'wasm-simd' | 'plain' };
  readonly backends: readonly Examined[];
  readonly onnxRuntime: OnnxRuntimeProbe;
}

const examineBackends = async (): Promise<readonly Examined[]> => {
  const probes = await probeBackends();
  const preferred = probes.find(({ works, software }) => works && !software);
  const examined: Examined[] = [];
  for (const probe of probes) {
    const entry = { ...probe, preferred: probe === preferred };
    if (!probe.works) {
      examined.push(entry);
      continue;
    }
    const tfjs = await loadTfjs(probe.name);
    try {
      examined.push({ ...entry, ...(await measureBackend(tfjs)) });
    } finally {
      tfjs.release();
    }
  }
  return examined;
};

const examine = async (): Promise<Report> => {
  const processors = cpus();
  return {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    processor: { model: processors[0]?.model.trim() ?? '', cores: processors.length },
    memoryBytes: totalmem(),
    host: { kernels: kernelsInUse(), ...(await measureHost()) },
    backends: await examineBackends(),
    onnxRuntime: await probeOnnxRuntime(),
  };
};

const short = (value: number | undefined): string =>
  value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toPrecision(2);

const verdict = ({ works, preferred, software }: Examined): string =>
  preferred ? 'yes, used' : works ? (software ? 'if named' : 'yes') : 'no';

const table = ({ host, backends }: Report): string =>
  markdownTable(
    [
      ['backend', 'works', 'GFLOP/s', 'ms a step', 'on, or why not'],
      ['host arrays', 'yes', '', short(host.stepMilliseconds), `kernels: ${host.kernels}`],
      ...backends.map((entry) => [
        entry.name,
        verdict(entry),
        short(entry.gigaflops),
        short(entry.stepMilliseconds),
        entry.device ?? entry.why ?? '',
      ]),
    ],
    { align: ['l', 'l', 'r', 'r', 'l'] },
  );

const onnxLines = ({ works, version, providers, why }: OnnxRuntimeProbe): string =>
  works
    ? [
        `ONNX Runtime ${version}:`,
        ...providers.map(({ name, why }) => `  ${name}: ${why === undefined ? 'works' : `no: ${why}`}`),
      ].join('\n')
    : `ONNX Runtime: no: ${why}`;

const print = (report: Report): void => {
  const { node, system, processor, memoryBytes, backends, onnxRuntime } = report;
  const gigabytes = Math.round(memoryBytes / 2 ** 30);
  console.log(
    `Node ${node}, ${system}; ${processor.model}, ${processor.cores} cores, ${gigabytes} GiB of memory\n`,
  );
  console.log(`${table(report)}\n\n${onnxLines(onnxRuntime)}`);
  const absent = [
    ...backends.filter(({ works }) => !works),
    ...(onnxRuntime.works ? [] : [{ name: 'ONNX Runtime', get: onnxRuntime.get }]),
  ];
  if (absent.length === 0) return;
  console.log(`\nTo get the others:\n${absent.map(({ name, get }) => `  ${name}: ${get}`).join('\n')}`);
};

const notes = `
Backends are listed in order of preference: networks of tfjs run on the first that works, or on the one that is named. GFLOP/s are of a
product of two square float32 matrices, as large as take a moment; a step is one of a second-order SDE solver on 64 samples of 784 numbers,
without its network.

Examples:
  $ bfn doctor
  $ bfn doctor --json`;

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('say which backends work here, how fast they are, and how to get the others')
    .option('--json', 'print as JSON')
    .addHelpText('after', notes)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const report = await examine();
      if (json) printJson(report);
      else print(report);
    });
