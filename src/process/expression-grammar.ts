import type { MathNode } from 'mathjs';
import { UsageError } from '../errors.js';

/** Loaded only by those who use expressions; its number-only build has no units, matrices or big numbers. */
export type Mathjs = typeof import('mathjs/number');

/** The functions of one argument that an expression may call. */
export const functions: ReadonlyMap<string, (x: number) => number> = new Map([
  ['exp', Math.exp],
  ['expm1', Math.expm1],
  ['log', Math.log],
  ['log1p', Math.log1p],
  ['sqrt', Math.sqrt],
  ['cbrt', Math.cbrt],
  ['square', (x) => x * x],
  ['cube', (x) => x * x * x],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', Math.acosh],
  ['atanh', Math.atanh],
]);

export const constants: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);

const operators = new Set(['+', '-', '*', '/', '^']);
const longest = 1000;
const deepest = 100;
const deepestBrackets = 40;

const bracketDepth = (text: string): number => {
  let depth = 0;
  return [...text].reduce((most, c) => {
    depth += c === '(' ? 1 : c === ')' ? -1 : 0;
    return Math.max(most, depth);
  }, 0);
};

/** Whose an expression is, for messages, and what it is a function of. */
export interface ExpressionOwner {
  readonly owner: string;
  readonly variable: string;
}

export const ofProcess: ExpressionOwner = { owner: 'process "expression"', variable: 't' };

/**
 * Reads an expression in the owner's variable and named parameters, and refuses with a one-line `UsageError` whatever is not
 * plain arithmetic. Expressions come from files: nothing is evaluated here, and mathjs is never asked to evaluate the result.
 */
export const parseExpression = (
  mathjs: Mathjs,
  name: string,
  text: unknown,
  parameters: ReadonlySet<string>,
  { owner, variable } = ofProcess,
): MathNode => {
  const refuse = (what: string): never => {
    const shown = JSON.stringify(text)?.slice(0, 80) ?? String(text);
    const known = [variable, ...constants.keys(), ...parameters].join(', ');
    throw new UsageError(
      `${owner}: ${name} ${shown}: ${what} is not accepted; give at most ${longest} characters of ` +
        `numbers, ${known}, + - * / ^ ( ), pow(x, y) and ${[...functions.keys()].join(', ')}`,
    );
  };
  if (typeof text !== 'string') return refuse(`what is not a text`);
  if (text.length > longest) return refuse(`a text of ${text.length} characters`);
  const foreign = /[^\w\s+\-*/^().,]|[\n\r]/u.exec(text);
  if (foreign) return refuse(`character ${JSON.stringify(foreign[0])}`);
  if (bracketDepth(text) > deepestBrackets)
    return refuse(`a nesting deeper than ${deepestBrackets} brackets`);

  const check = (node: MathNode, depth: number): void => {
    if (depth > deepest) refuse(`an expression deeper than ${deepest} operations`);
    const checkAll = (nodes: readonly MathNode[]) => nodes.forEach((child) => check(child, depth + 1));
    if (mathjs.isConstantNode(node)) {
      if (typeof node.value !== 'number' || !Number.isFinite(node.value)) refuse(String(node.value));
    } else if (mathjs.isParenthesisNode(node)) {
      check(node.content, depth + 1);
    } else if (mathjs.isSymbolNode(node)) {
      if (node.name !== variable && !constants.has(node.name) && !parameters.has(node.name))
        refuse(`"${node.name}"`);
    } else if (mathjs.isOperatorNode(node)) {
      if (!operators.has(node.op)) refuse(`operator "${node.op}"`);
      const divisor = node.op === '/' ? node.args[1] : undefined;
      if (mathjs.isOperatorNode(divisor) && divisor.implicit) {
        refuse(`a product without * after a division, which can be read two ways, "${node.toString()}",`);
      }
      checkAll(node.args);
    } else if (mathjs.isFunctionNode(node) && mathjs.isSymbolNode(node.fn)) {
      const arity = functions.has(node.fn.name) ? 1 : node.fn.name === 'pow' ? 2 : undefined;
      if (arity === undefined) refuse(`"${node.fn.name}" as a function (a product with brackets needs *)`);
      if (node.args.length !== arity) refuse(`"${node.fn.name}" of ${node.args.length} arguments`);
      checkAll(node.args);
    } else {
      refuse(`${node.type.replace(/Node$/, '')} "${node.toString().slice(0, 40)}"`);
    }
  };
  let tree: MathNode;
  try {
    tree = mathjs.parse(text);
  } catch (error) {
    return refuse(
      error instanceof SyntaxError ? `(${error.message}) what does not parse` : 'what does not parse',
    );
  }
  check(tree, 0);
  return tree;
};

// What the grammar reads as an operator or a value, where a parameter of that name would be hidden.
const reserved = new Set(
  't pow mod to in and or xor not end true false null undefined NaN Infinity'.split(' '),
);

/** A parameter's name: a plain name that does not hide one that has a meaning. Throws a `UsageError`. */
export const requireName = (name: string, { owner, variable } = ofProcess): void => {
  const plain = /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name) && name !== variable;
  if (plain && !reserved.has(name) && !constants.has(name) && !functions.has(name)) return;
  throw new UsageError(
    `${owner}: parameter name ${JSON.stringify(name.slice(0, 80))} is not accepted; ` +
      `give letters, digits and _, at most 40, that name neither ${variable} nor a constant, function or operator`,
  );
};
