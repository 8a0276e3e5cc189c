import type { MathNode } from 'mathjs';
import { constants, functions, type Mathjs } from './expression-grammar.js';

/** A function of t, or the number that it is for every t. */
type Compiled = number | ((t: number) => number);

/** What mathjs's derivative rules write beside the functions of the grammar. */
const derived: ReadonlyMap<string, (x: number) => number> = new Map([
  ['sec', (x) => 1 / Math.cos(x)],
  ['sech', (x) => 1 / Math.cosh(x)],
]);

const lift1 = (f: (x: number) => number, a: Compiled): Compiled =>
  typeof a === 'number' ? f(a) : (t) => f(a(t));

const lift2 = (f: (x: number, y: number) => number, a: Compiled, b: Compiled): Compiled => {
  if (typeof a === 'number') return typeof b === 'number' ? f(a, b) : (t) => f(a, b(t));
  return typeof b === 'number' ? (t) => f(a(t), b) : (t) => f(a(t), b(t));
};

const add = (a: Compiled, b: Compiled): Compiled =>
  a === 0 ? b : b === 0 ? a : lift2((x, y) => x + y, a, b);

// A zero factor annuls the term, also where its other factors diverge: the rule of differentiation put it there.
const multiply = (a: Compiled, b: Compiled): Compiled => {
  if (a === 0 || b === 0) return 0;
  return a === 1 ? b : b === 1 ? a : lift2((x, y) => x * y, a, b);
};

const operate = (operator: string, args: readonly Compiled[]): Compiled => {
  const [a = NaN, b] = args;
  if (operator === '+') return args.reduce(add);
  if (operator === '*') return args.reduce(multiply);
  if (b === undefined) return lift1((x) => -x, a);
  if (operator === '-') return lift2((x, y) => x - y, a, b);
  if (operator === '/') return a === 0 ? 0 : lift2((x, y) => x / y, a, b);
  return lift2(Math.pow, a, b);
};

/** Turns a checked tree into a function of its variable. No evaluator of mathjs is involved: only the arithmetic written here runs. */
export const compile = (
  mathjs: Mathjs,
  node: MathNode,
  parameters: ReadonlyMap<string, number>,
  variable = 't',
): ((t: number) => number) => {
  const visit = (part: MathNode): Compiled => {
    if (mathjs.isParenthesisNode(part)) return visit(part.content);
    if (mathjs.isConstantNode(part)) return part.value as number;
    if (mathjs.isSymbolNode(part)) {
      return part.name === variable
        ? (t: number) => t
        : (parameters.get(part.name) ?? constants.get(part.name) ?? NaN);
    }
    if (mathjs.isOperatorNode(part)) return operate(part.op, part.args.map(visit));
    if (!mathjs.isFunctionNode(part)) throw new TypeError(`a ${part.type} in a checked expression`);
    const name = part.fn.name;
    const args = part.args.map(visit);
    const f = functions.get(name) ?? derived.get(name);
    return f ? lift1(f, args[0]) : operate('^', args); // pow(x, y)
  };
  const compiled = visit(node);
  return typeof compiled === 'number' ? () => compiled : compiled;
};

/** Derivatives, with respect to u, that mathjs lacks or writes without a sign. */
const rules: ReadonlyMap<string, string> = new Map([
  ['expm1', 'exp(u)'],
  ['log1p', '1 / (1 + u)'],
  ['square', '2 * u'],
  ['cube', '3 * u^2'],
  ['cbrt', '1 / (3 * cbrt(u)^2)'],
]);

/**
 * The derivative with respect to the variable, unsimplified, so that no factor is rewritten into one that cancels. Calls that need a
 * rule of ours are set aside as symbols, and the chain rule is composed: `df/dt + sum of df/dq · rule(u) · du/dt` over
 * the calls `q = f(u)`.
 */
export const derivativeOf = (mathjs: Mathjs, node: MathNode, variable = 't'): MathNode => {
  const calls = new Map<string, { call: MathNode; rule: string; argument: MathNode }>();
  const outer = node.transform((part) => {
    if (!mathjs.isFunctionNode(part)) return part;
    const rule = rules.get(part.fn.name);
    if (rule === undefined) return part;
    const symbol = `#${calls.size}`; // no expression can contain this name
    calls.set(symbol, { call: part, rule, argument: part.args[0] });
    return new mathjs.SymbolNode(symbol);
  });
  const partial = (name: string): MathNode =>
    mathjs.derivative(outer, new mathjs.SymbolNode(name), { simplify: false });
  const times = (a: MathNode, b: MathNode): MathNode => new mathjs.OperatorNode('*', 'multiply', [a, b]);
  let total = partial(variable);
  for (const [symbol, { rule, argument }] of calls) {
    const slope = mathjs
      .parse(rule)
      .transform((part) => (mathjs.isSymbolNode(part) && part.name === 'u' ? argument : part));
    const term = times(partial(symbol), times(slope, derivativeOf(mathjs, argument, variable)));
    total = new mathjs.OperatorNode('+', 'add', [total, term]);
  }
  return total.transform((part) => (mathjs.isSymbolNode(part) && calls.get(part.name)?.call) || part);
};

/** The square of an expression, with square roots resolved: their derivative diverges where they are 0, that of the square does not. */
export const squareOf = (mathjs: Mathjs, node: MathNode): MathNode => {
  if (mathjs.isParenthesisNode(node)) return squareOf(mathjs, node.content);
  if (mathjs.isFunctionNode(node) && node.fn.name === 'sqrt') return node.args[0];
  if (mathjs.isOperatorNode(node) && (node.op === '*' || node.op === '/')) {
    const [a, b] = node.args.map((part) => squareOf(mathjs, part));
    return node.op === '*'
      ? new mathjs.OperatorNode('*', 'multiply', [a, b])
      : new mathjs.OperatorNode('/', 'divide', [a, b]);
  }
  return new mathjs.OperatorNode('^', 'pow', [node, new mathjs.ConstantNode(2)]);
};
