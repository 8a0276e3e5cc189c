import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { fromExpressions, type ExpressionOptions } from '../../src/process/index.js';

const rectified: ExpressionOptions = { alpha: '1 - t', sigma: 't' };

describe('expressions are not programs', () => {
  const refused: [string, RegExp][] = [
    ['a = 1', /character "="/],
    ['f(x) = x', /character "="/],
    ['import({exp: 1})', /character "\{"/],
    ['createUnit(t)', /"createUnit" as a function .* is not accepted/],
    ['evaluate(t)', /"evaluate"/],
    ['parse(t)', /"parse"/],
    ['simplify(t)', /"simplify"/],
    ['derivative(t, t)', /"derivative"/],
    ['random()', /"random"/],
    ['random', /"random"/],
    ['exp', /"exp"/],
    ['t (1 - t)', /"t" as a function \(a product with brackets needs \*\)/],
    ['pi/2 t', /read two ways, "pi \/ 2 t"/],
    ['exp()', /"exp" of 0 arguments/],
    ['exp(t, t)', /"exp" of 2 arguments/],
    ['pow(t)', /"pow" of 1 arguments/],
    ['log(t, 2)', /"log" of 2 arguments/],
    ['t.constructor', /Accessor/],
    ['exp.constructor(t)', /Function "exp.constructor\(t\)"/],
    ['t.constructor.constructor(1)()', /./],
    ['constructor(t)', /"constructor"/],
    ['toString', /"toString"/],
    ['__proto__', /"__proto__"/],
    ['hasOwnProperty(t)', /"hasOwnProperty"/],
    ['"1"', /character/],
    ["'1'", /character/],
    ['`1`', /character/],
    ['t[1]', /character "\["/],
    ['[1, 2]', /character "\["/],
    ['{a: 1}', /character "\{"/],
    ['1:2', /character ":"/],
    ['t > 0 ? 1 : 0', /character ">"/],
    ['t; 1', /character ";"/],
    ['t\n1', /character "\\n"/],
    ['t # comment', /character "#"/],
    ['t!', /character "!"/],
    ['50%', /character "%"/],
    ['t mod 2', /operator "mod"/],
    ['t in cm', /./],
    ['2 cm', /"cm"/],
    ['2 i', /"i"/],
    ['t and 1', /operator "and"/],
    ['not t', /operator "not"/],
    ['true', /true|"true"/],
    ['Infinity', /Infinity/],
    ['NaN', /NaN/],
    ['1e999', /Infinity/],
    ['beta', /"beta"/],
    ['(1, 2)', /does not parse/],
    ['1 +', /does not parse/],
    ['', /./],
    [')(', /does not parse/],
    ['é', /character "é"/],
    ['t'.repeat(1001), /1001 characters/],
    ['('.repeat(60) + 't' + ')'.repeat(60), /nesting deeper/],
    ['-'.repeat(600) + 't', /deeper than/],
    [Array(400).fill('t').join('+'), /deeper than/],
    ['2^'.repeat(300) + 't', /deeper than|does not parse/],
  ];
  it.each(refused)('%s', async (alpha, message) => {
    for (const options of [
      { alpha, sigma: 't' },
      { alpha: '1', sigma: alpha },
      { ...rectified, networkTime: alpha },
    ]) {
      const error: unknown = await fromExpressions(options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).message).toMatch(message);
      expect((error as UsageError).message).not.toContain('\n');
      expect((error as UsageError).message).toContain('give at most 1000 characters of numbers, t, pi, e');
    }
  });

  const token = fc.constantFrom(
    ...[
      't',
      'a',
      'pi',
      'e',
      'exp(',
      'expm1(',
      'log(',
      'sqrt(',
      'pow(',
      'cube(',
      'tan(',
      '(',
      ')',
      '+',
      '-',
      '*',
      '/',
      '^',
    ],
    ...[
      '1',
      '0',
      '2.5',
      '1e-9',
      '.',
      ',',
      ' ',
      '=',
      ';',
      '[',
      ']',
      '{',
      '}',
      ':',
      '?',
      '"',
      "'",
      '!',
      '%',
      '#',
      '\n',
    ],
    ...[
      'import(',
      'evaluate(',
      'constructor',
      '.constructor',
      '__proto__',
      'canary',
      'globalThis',
      'cm',
      'mod',
      '=>',
    ],
  );
  const anyText = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join('')),
  );

  it('no text runs anything, hangs, or fails but with one line of a UsageError', async () => {
    let executed = 0;
    Object.defineProperty(globalThis, 'canary', { configurable: true, get: () => ++executed });
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (alpha, sigma) => {
        try {
          const process = await fromExpressions({ alpha, sigma, parameters: { a: 0.5 } });
          expect(process.alpha(0.5)).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as UsageError).message).not.toMatch(/[\n\r]/);
        }
      }),
      { numRuns: 1000 },
    );
    Reflect.deleteProperty(globalThis, 'canary');
    expect(executed).toBe(0);
  });

  it('what is arithmetic is computed or refused for its values, never for its form', async () => {
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('t', 'a', 'pi', '2', '0.5', '1'),
        fc
          .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '^'), tie('expression'))
          .map(([x, o, y]) => `(${x}) ${o} (${y})`),
        fc
          .tuple(
            fc.constantFrom('exp', 'expm1', 'log1p', 'sqrt', 'tanh', 'cube', 'atan', '-'),
            tie('expression'),
          )
          .map(([f, x]) => `${f}(${x})`),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(expression, expression, async (alpha, sigma) => {
        fc.pre(alpha.length <= 1000 && sigma.length <= 1000);
        try {
          const process = await fromExpressions({ alpha, sigma, parameters: { a: 0.5 } });
          const t = 0.4;
          const h = 1e-5;
          const f = (Math.log(process.alpha(t + h)) - Math.log(process.alpha(t - h))) / (2 * h);
          expect(Math.abs(process.drift(t) - f)).toBeLessThan(1e-3 * (1 + Math.abs(f)));
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as UsageError).message).toMatch(/ at t = /);
        }
      }),
      { numRuns: 400 },
    );
  });
});
