import { type Basis, type Coefficient, basisIds, checkBasis, componentsOf } from '../array/basis.js';
import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import { isInterval } from '../random/index.js';
import type { Moment } from './denoiser.js';
import { type Instruction, type Plan, type Register, type WideTerms, isCall, reads } from './plan.js';
import { type SymbolModel, areProbabilities } from './symbols.js';

/** Longest plan that is accepted, in instructions. */
export const maxInstructions = 1_000_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fail = (where: string, what: string): never => {
  throw new UsageError(`invalid plan: ${where} ${what}`);
};

const finite = (value: unknown, where: string): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fail(where, 'must be a finite number');

const scale = (value: unknown, where: string): number => {
  const number = finite(value, where);
  return number >= 0 ? number : fail(where, 'must not be negative');
};

const count = (value: unknown, where: string): number =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(where, 'must be a whole number from 0');

const text = (value: unknown, where: string): string =>
  typeof value === 'string' && value.length <= 200 ? value : fail(where, 'must be a short string');

const register = (value: unknown, where: string): Register =>
  typeof value === 'string' && /^[A-Za-z]\w{0,31}$/.test(value)
    ? value
    : fail(where, 'must be a register: a letter, then letters, digits or underscores, at most 32');

const record = (value: unknown, where: string): Readonly<Record<string, Json>> =>
  isObject(value) ? (value as Record<string, Json>) : fail(where, 'must be an object');

const moment = (value: Record<string, unknown>, where: string): Moment => ({
  t: finite(value.t, `${where}.t`),
  alpha: scale(value.alpha, `${where}.alpha`),
  sigma: scale(value.sigma, `${where}.sigma`),
  time: finite(value.time, `${where}.time`),
});

const numbers = (value: unknown, where: string): readonly number[] =>
  Array.isArray(value)
    ? value.map((entry: unknown, i) => finite(entry, `${where}[${i}]`))
    : fail(where, 'must be a list of numbers');

const basis = (value: unknown): Basis => {
  if (!isObject(value)) return fail('basis', 'must be an object');
  const read = (): Basis => {
    switch (value.id) {
      case 'coordinates':
        return { id: value.id, size: finite(value.size, 'basis.size') };
      case 'cosine':
        return { id: value.id, shape: numbers(value.shape, 'basis.shape') };
      case 'vectors':
        if (!Array.isArray(value.vectors)) return fail('basis.vectors', 'must be a list of vectors');
        return { id: value.id, vectors: value.vectors.map((row, i) => numbers(row, `basis.vectors[${i}]`)) };
      default:
        return fail('basis.id', `must be ${basisIds.join(', ')}`);
    }
  };
  const found = read();
  try {
    checkBasis(found);
  } catch (error) {
    return fail('basis:', (error as Error).message);
  }
  return found;
};

/** The classes that a process says it has have to be those of the reference. */
const symbolModel = (value: unknown, classes: unknown): SymbolModel => {
  if (!isObject(value)) return fail('reference', 'must be an object');
  const probabilities = numbers(value.probabilities, 'reference.probabilities');
  if (!areProbabilities(probabilities))
    return fail('reference.probabilities', 'must be two or more numbers from 0 whose sum is 1');
  return classes === undefined || classes === probabilities.length
    ? { probabilities }
    : fail(
        'reference.probabilities',
        `has ${probabilities.length} numbers for ${JSON.stringify(classes)} classes of the process`,
      );
};

/** A finite number, or one a component where the plan has a basis. */
const coefficient = (value: unknown, where: string, along: Basis | undefined): Coefficient => {
  if (!Array.isArray(value)) return finite(value, where);
  if (!along) return fail(where, 'must be a finite number: the plan has no basis');
  const components = componentsOf(along);
  const entries = numbers(value, where);
  return entries.length === components
    ? entries
    : fail(where, `has ${entries.length} numbers for ${components} components of the basis`);
};

const terms = (value: unknown, where: string, along: Basis | undefined): WideTerms => {
  if (!Array.isArray(value) || value.length === 0)
    return fail(where, 'must be a list of [coefficient, register]');
  return value.map((term: unknown, i) => {
    if (!Array.isArray(term) || term.length !== 2)
      return fail(`${where}[${i}]`, 'must be [coefficient, register]');
    return [
      coefficient(term[0], `${where}[${i}][0]`, along),
      register(term[1], `${where}[${i}][1]`),
    ] as const;
  });
};

const instruction = (value: unknown, where: string, along: Basis | undefined): Instruction => {
  if (!isObject(value)) return fail(where, 'must be an object');
  switch (value.op) {
    case 'evaluate': {
      const evaluate = {
        op: value.op,
        into: register(value.into, `${where}.into`),
        from: register(value.from, `${where}.from`),
        ...moment(value, where),
      } as const;
      if (value.ask !== undefined) {
        if (value.ask !== 'reference') return fail(`${where}.ask`, 'must be reference, or absent');
        if (value.draw !== undefined) return fail(where, 'must not draw: it asks the reference');
        return { ...evaluate, ask: value.ask };
      }
      return value.draw === undefined ? evaluate : { ...evaluate, draw: count(value.draw, `${where}.draw`) };
    }
    case 'noise': {
      const into = register(value.into, `${where}.into`);
      if (value.clock === undefined) return { op: value.op, into, draw: count(value.draw, `${where}.draw`) };
      if (value.draw !== undefined)
        return fail(where, 'must name its noise by a draw or by a clock, not by both');
      const [from, to] = [finite(value.from, `${where}.from`), finite(value.to, `${where}.to`)];
      if (!isInterval({ from, to })) return fail(where, 'must have an interval of its clock, 0 <= from < to');
      return { op: value.op, into, clock: text(value.clock, `${where}.clock`), from, to };
    }
    case 'combine':
      return {
        op: value.op,
        into: register(value.into, `${where}.into`),
        terms: terms(value.terms, `${where}.terms`, along),
      };
    case 'return':
      return {
        op: value.op,
        from: register(value.from, `${where}.from`),
        alpha: scale(value.alpha, `${where}.alpha`),
        sigma: scale(value.sigma, `${where}.sigma`),
      };
    default:
      return fail(`${where}.op`, 'must be evaluate, noise, combine or return');
  }
};

/**
 * A plan from untrusted JSON: every field checked, every register defined before it is read and defined once, every
 * number finite, one `return` at the end, `nfe` the number of evaluations. Throws a `UsageError` that says where not.
 */
export const planFromJson = (value: unknown): Plan => {
  if (!isObject(value)) return fail('it', 'must be an object');
  if (!isObject(value.start)) return fail('start', 'must be an object');
  if (!isObject(value.process)) return fail('process', 'must be an object');
  if (!Array.isArray(value.instructions)) return fail('instructions', 'must be a list');
  if (value.instructions.length > maxInstructions) {
    return fail('instructions', `has ${value.instructions.length} entries; ${maxInstructions} are accepted`);
  }
  const start = {
    register: register(value.start.register, 'start.register'),
    ...moment(value.start, 'start'),
    atNoiseEnd: value.start.atNoiseEnd === true,
  };
  const along = value.basis === undefined ? undefined : basis(value.basis);
  const instructions = value.instructions.map((entry, i) => instruction(entry, `instructions[${i}]`, along));
  const defined = new Set([start.register]);
  instructions.forEach((entry, i) => {
    const missing = reads(entry).find((name) => !defined.has(name));
    if (missing !== undefined)
      fail(`instructions[${i}]`, `reads the register ${missing}, which is not defined there`);
    if ((entry.op === 'return') !== (i === instructions.length - 1)) {
      fail(`instructions[${i}]`, 'is out of place: a plan has one return, as its last instruction');
    }
    if (entry.op === 'return') return;
    if (defined.has(entry.into))
      fail(`instructions[${i}]`, `defines the register ${entry.into} a second time`);
    defined.add(entry.into);
  });
  if (instructions.length === 0) fail('instructions', 'must end with a return');
  const evaluations = instructions.filter(isCall).length;
  if (value.nfe !== evaluations)
    fail('nfe', `must be ${evaluations}, the number of its evaluate instructions`);
  const parameters = record(value.process.parameters, 'process.parameters');
  const reference =
    value.reference === undefined ? undefined : symbolModel(value.reference, parameters.classes);
  const asking = instructions.findIndex((entry) => entry.op === 'evaluate' && entry.ask !== undefined);
  if (asking >= 0 && !reference) fail(`instructions[${asking}]`, 'asks the reference, and the plan has none');
  return {
    solver: text(value.solver, 'solver'),
    process: {
      id: text(value.process.id, 'process.id'),
      parameters,
    },
    settings: record(value.settings, 'settings'),
    nfe: evaluations,
    start,
    ...(along ? { basis: along } : {}),
    ...(reference ? { reference } : {}),
    instructions,
  };
};
