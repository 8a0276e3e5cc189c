import { continuousAccuracy, discretisedFlow, discretisedNormal } from '../../src/bfn/index.js';
import { black, blue, vermilion } from './colours.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import { type Panel, frame, labels, lines } from './layers.js';

const classes = 8;
// an update knows of no schedule: any will do
const flow = () => discretisedFlow(continuousAccuracy({ sigma1: 0.02 }), classes);
const x = 0.375; // the centre of bin 6

/** What a network might say as time goes on: nearer to x, and surer of it. */
export const cases = [
  { accuracy: 4, mean: 0, deviation: 0.6 },
  { accuracy: 20, mean: 0.25, deviation: 0.3 },
  { accuracy: 100, mean: 0.35, deviation: 0.12 },
] as const;
type Case = (typeof cases)[number];

const laws = ({ accuracy, mean, deviation }: Case) => {
  const { bins, receiver, sender } = flow();
  const { logProbabilities } = discretisedNormal(mean, deviation, bins);
  return {
    bins,
    probabilities: Array.from(logProbabilities, Math.exp),
    sender: sender([x], accuracy),
    receiver: receiver(logProbabilities, accuracy),
    continuous: sender([mean], accuracy),
  };
};

/** `KL(sender || receiver)` in nats, by the trapezoid rule within nine deviations, which is exact to rounding for smooth laws. */
const divergence = (
  accuracy: number,
  { sender, receiver }: Pick<ReturnType<typeof laws>, 'sender' | 'receiver'>,
) => {
  const reach = 9 / Math.sqrt(accuracy);
  const points = linear(x - reach, x + reach, 1001);
  const sum = points.reduce((total, y) => {
    const log = sender.logDensity([y]);
    return total + Math.exp(log) * (log - receiver.logDensity([y]));
  }, 0);
  return sum * (points[1] - points[0]);
};

/** Probabilities of the bins, and what the sample costs with the output in bins and as a point, in nats. */
export const transmission = (chosen: Case) => {
  const { probabilities, continuous, ...rest } = laws(chosen);
  return {
    probabilities,
    discretised: divergence(chosen.accuracy, rest),
    continuous: divergence(chosen.accuracy, { sender: rest.sender, receiver: continuous }),
  };
};

const strokes = {
  sender: { colour: vermilion },
  receiver: { colour: blue, dash: [7, 3] },
  'receiver of a point output': { colour: black, dash: [1.5, 2] },
};

const rowsOf = (chosen: Case) => {
  const { bins, probabilities, sender, receiver, continuous } = laws(chosen);
  const ys = linear(-1.6, 2.2, 286);
  const of = (name: keyof typeof strokes, law: { logDensity(y: readonly number[]): number }) =>
    curve({ name }, ys, (y) => Math.exp(law.logDensity([y])));
  return {
    curves: [
      ...of('sender', sender),
      ...of('receiver', receiver),
      ...of('receiver of a point output', continuous),
    ],
    bars: probabilities.map((probability, k) => ({
      left: bins.edge(k),
      right: bins.edge(k + 1),
      bottom: 0,
      top: rounded(probability / bins.width),
    })),
  };
};

const panel = (chosen: Case, i: number): Panel => {
  const { accuracy } = chosen;
  const { discretised, continuous } = transmission(chosen);
  const { curves, bars } = rowsOf(chosen);
  const top = [1.2, 2.5, 5][i];
  return {
    title: `α = ${accuracy}`,
    width: 215,
    height: 230,
    layer: [
      frame(
        { title: 'y', domain: [-1.6, 2.2], axis: { values: [-1, 0, 1, 2], format: 'd' } },
        { title: i === 0 ? 'density' : null, domain: [0, top], axis: { tickCount: 5 } },
      ),
      {
        data: { values: bars },
        mark: { type: 'rect', stroke: 'white', strokeWidth: 0.8 },
        encoding: {
          x: { field: 'left', type: 'quantitative' },
          x2: { field: 'right' },
          y: { field: 'bottom', type: 'quantitative' },
          y2: { field: 'top' },
          fill: {
            datum: 'output p_O / bin width',
            type: 'nominal',
            scale: { range: ['#a6ddca'] },
            legend: { title: null, orient: 'bottom', symbolType: 'square' },
          },
        },
      },
      lines(curves, strokes, { legend: { orient: 'bottom' } }),
      labels([{ x: -1.55, y: top * 0.96, text: `KL = ${discretised.toFixed(3)} nats` }], { color: blue }),
      labels([{ x: -1.55, y: top * 0.89, text: `KL = ${continuous.toFixed(3)} nats` }]),
    ],
  };
};

export const senderOutputReceiver: Figure = {
  id: 'sender-output-receiver',
  description: 'sender, output and receiver for data in bins, as time goes on, and what a sample costs',
  source: `${paperFigure(8)}; all values are our own`,
  draw: () => {
    const costs = cases.map(transmission);
    return {
      parameters: { K: classes, x, cases },
      values: {
        'accuracy α': cases.map(({ accuracy }) => accuracy),
        'KL(sender ‖ receiver), nats': costs.map(({ discretised }) => rounded(discretised)),
        'the same of a point output, nats': costs.map(({ continuous }) => rounded(continuous)),
      },
      data: cases.map((chosen, i) => ({
        ...chosen,
        probabilities: costs[i].probabilities.map(rounded),
        ...rowsOf(chosen),
      })),
      spec: { hconcat: cases.map(panel), spacing: 16 },
    };
  },
};
