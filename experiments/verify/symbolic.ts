import type { MathNode } from 'mathjs';

// Whether an identity of rational functions holds for all values of its symbols is decided by expanding it: with its numerator as a
// polynomial in normal form, it holds exactly if no term is left. (The simplifier of mathjs, a set of rewriting rules, does
// not decide it.)

/** Integer coefficients by monomials; a monomial is its symbols in order, each as often as its power: 'a*a*s'. */
type Polynomial = ReadonlyMap<string, number>;

interface Fraction {
  readonly above: Polynomial;
  readonly below: Polynomial;
}

const monomial = (symbols: string, coefficient = 1): Polynomial =>
  new Map(coefficient === 0 ? [] : [[symbols, coefficient]]);
const one = monomial('');

const collected = (terms: Iterable<readonly [string, number]>): Polynomial => {
  const sums = new Map<string, number>();
  for (const [symbols, coefficient] of terms) {
    const sum = (sums.get(symbols) ?? 0) + coefficient;
    if (!Number.isSafeInteger(sum)) throw new RangeError('an identity has coefficients beyond 2^53');
    if (sum === 0) sums.delete(symbols);
    else sums.set(symbols, sum);
  }
  return sums;
};

const product = (a: Polynomial, b: Polynomial): Polynomial =>
  collected(
    [...a].flatMap(([left, m]) =>
      [...b].map(([right, n]): [string, number] => {
        const symbols = [...left.split('*'), ...right.split('*')].filter((symbol) => symbol !== '');
        return [symbols.sort().join('*'), m * n];
      }),
    ),
  );

const sum = (a: Fraction, b: Fraction): Fraction => ({
  above: collected([...product(a.above, b.below), ...product(b.above, a.below)]),
  below: product(a.below, b.below),
});

const times = (a: Fraction, b: Fraction): Fraction => ({
  above: product(a.above, b.above),
  below: product(a.below, b.below),
});

const integer = (value: number): Fraction => {
  if (Number.isSafeInteger(value)) return { above: monomial('', value), below: one };
  throw new RangeError(`${value} in an identity: write fractions of whole numbers`);
};

const inverse = ({ above, below }: Fraction): Fraction => {
  if (above.size === 0) throw new RangeError('an identity divides by 0');
  return { above: below, below: above };
};

const load = () => import('mathjs/number');

const fractionOf = (mathjs: Awaited<ReturnType<typeof load>>, node: MathNode): Fraction => {
  const visit = (part: MathNode): Fraction => {
    if (mathjs.isParenthesisNode(part)) return visit(part.content);
    if (mathjs.isConstantNode(part)) return integer(Number(part.value));
    if (mathjs.isSymbolNode(part)) return { above: monomial(part.name), below: one };
    if (!mathjs.isOperatorNode(part))
      throw new TypeError(`a ${part.type} in an identity of rational functions`);
    const [a, b] = part.args.map((argument) => visit(argument));
    if (part.op === '-') return b === undefined ? times(integer(-1), a) : sum(a, times(integer(-1), b));
    if (part.op === '+') return sum(a, b);
    if (part.op === '*') return times(a, b);
    if (part.op === '/') return times(a, inverse(b));
    const power = b.above.get('') ?? 0;
    if (part.op !== '^' || b.above.size > 1 || (b.above.size === 1 && power === 0)) {
      throw new TypeError(`"${part.toString()}" in an identity: powers are whole numbers`);
    }
    let result = integer(1);
    for (let i = 0; i < Math.abs(power); i++) result = times(result, a);
    return power < 0 ? inverse(result) : result;
  };
  return visit(node);
};

/** How many of the expressions are not 0 for all values of their symbols: 0 is a proof of them all. */
export const unproved = async (identities: readonly string[]): Promise<number> => {
  const mathjs = await load();
  return identities.filter((identity) => fractionOf(mathjs, mathjs.parse(identity)).above.size > 0).length;
};

/** `sum over v of (∂expression/∂v) v'`, the derivatives by mathjs; the slopes of the symbols are expressions, `{ g: 'dg' }`. */
export const slopeOf = async (
  expression: string,
  slopes: Readonly<Record<string, string>>,
): Promise<string> => {
  const { derivative } = await load();
  return Object.entries(slopes)
    .map(
      ([symbol, slope]) => `(${derivative(expression, symbol, { simplify: false }).toString()}) * (${slope})`,
    )
    .join(' + ');
};
