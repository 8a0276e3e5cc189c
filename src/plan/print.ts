import type { Coefficient } from '../array/basis.js';
import type { Noise, Plan, WideTerms } from './plan.js';

const number = (value: number): string => {
  const text = value.toPrecision(7);
  return text.includes('e') ? text : String(Number(text));
};

/** A number with its sign, or the range of one a component and how many these are. */
const factor = (coefficient: Coefficient, first: boolean): string => {
  const plus = first ? '' : '+ ';
  if (typeof coefficient !== 'number') {
    const range = [Math.min(...coefficient), Math.max(...coefficient)].map(number).join(' to ');
    return `${plus}{${range}; ${coefficient.length}}`;
  }
  return `${coefficient < 0 ? '- ' : plus}${number(Math.abs(coefficient))}`;
};

const sum = (terms: WideTerms): string =>
  terms
    .map(([coefficient, register], i) => {
      return `${factor(coefficient, i === 0)} ${register}`;
    })
    .join(' ');

const noiseName = (noise: Noise): string =>
  'draw' in noise
    ? `normal[${noise.draw}]`
    : `normal[${noise.clock}: ${number(noise.from)} to ${number(noise.to)}]`;

/** The plan as aligned lines, an instruction a line: what a step does with which numbers. */
export const printPlan = (plan: Plan): string => {
  const rows = plan.instructions.map((instruction): [string, string, string] => {
    switch (instruction.op) {
      case 'evaluate': {
        const { t, alpha, sigma, time } = instruction;
        const place = `t = ${number(t)}, alpha = ${number(alpha)}, sigma = ${number(sigma)}`;
        if (instruction.ask) return [instruction.into, `reference(${instruction.from})`, place];
        const clock = `${place}, shown ${number(time)}`;
        const drawn = instruction.draw === undefined ? 'predict' : `draw[${instruction.draw}]`;
        return [instruction.into, `${drawn}(${instruction.from})`, clock];
      }
      case 'noise':
        return [instruction.into, noiseName(instruction), ''];
      case 'combine':
        return [instruction.into, sum(instruction.terms), ''];
      case 'return':
        return [
          'return',
          instruction.from,
          `= ${number(instruction.alpha)} x_0 + ${number(instruction.sigma)} noise`,
        ];
    }
  });
  const { start } = plan;
  const lines: [string, string, string][] = [
    [
      start.register,
      'start',
      `t = ${number(start.t)}, alpha = ${number(start.alpha)}, sigma = ${number(start.sigma)}`,
    ],
    ...rows,
  ];
  const width = (column: 0 | 1): number => Math.max(...lines.map((line) => line[column].length));
  const [first, second] = [width(0), Math.min(width(1), 60)];
  return lines
    .map(([into, what, note]) => {
      const head = into === 'return' ? `${into.padEnd(first)}   ` : `${into.padEnd(first)} = `;
      return `${head}${what.padEnd(second)}  ${note}`.trimEnd();
    })
    .join('\n');
};
