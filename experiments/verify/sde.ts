import { type Check, check } from './check.js';
import { slopeOf, unproved } from './symbolic.js';

// The SDEs and ODEs of the theory, proved for every schedule: g and b stand for gamma(t) and beta(t), dg and db for their derivatives.

const symbolic = { method: 'symbolic', tolerance: 0, instances: 1 } as const;

/** What says that an SDE `dx = f x dt + g dw` has the kernel `N(alpha x_0, variance)`. */
const kernelOf = async (
  alpha: string,
  variance: string,
  slopes: Readonly<Record<string, string>>,
  { drift, squaredDiffusion }: { drift: string; squaredDiffusion: string },
): Promise<number> =>
  unproved([
    `${await slopeOf(alpha, slopes)} - (${drift}) * (${alpha})`,
    `${await slopeOf(variance, slopes)} - 2 * (${drift}) * (${variance}) - (${squaredDiffusion})`,
  ]);

const theorem41 = check({
  ...symbolic,
  name: 'theorem-4.1',
  statement:
    "dmu = F mu dt + G dw with F = gamma'/gamma, G² = -gamma' has the kernel N(gamma x, gamma (1 - gamma))",
  source: 'Xue et al. 2024, Theorem 4.1',
  formula: { drift: 'dg / g', squaredDiffusion: '-dg' },
  planted: {
    'drift of the variance': { drift: 'dg / (2 * g)', squaredDiffusion: '-dg' },
    "G² = -gamma' (1 - gamma)": { drift: 'dg / g', squaredDiffusion: '-dg * (1 - g)' },
  },
  residual: (formula) => kernelOf('g', 'g * (1 - g)', { g: 'dg' }, formula),
});

const theorem41Schedule = check({
  ...symbolic,
  name: 'theorem-4.1-schedule',
  statement:
    'with gamma = 1 - sigma1^(2(1-t)): F = 2 ln(sigma1) (1 - gamma)/gamma, G² = -2 ln(sigma1) (1 - gamma)',
  source: 'Xue et al. 2024, Theorem 4.1',
  formula: { drift: '2 * L * E / (1 - E)', squaredDiffusion: '-2 * L * E' },
  planted: {
    'sigma1^(1-t)': { drift: 'L * E / (1 - E)', squaredDiffusion: '-L * E' },
    'G² without (1 - gamma)': { drift: '2 * L * E / (1 - E)', squaredDiffusion: '-2 * L' },
  },
  // E = sigma1^(2(1-t)), L = ln sigma1
  residual: (formula) => kernelOf('1 - E', '(1 - E) * E', { E: '-2 * L * E' }, formula),
});

const theorem51 = check({
  ...symbolic,
  name: 'theorem-5.1',
  statement:
    "dz = H z dt + L dw with H = beta'/beta, L² = -K beta' has the kernel N(beta x_0, K beta), x_0 = K e_x - 1",
  source: 'Xue et al. 2024, Theorem 5.1',
  formula: { drift: 'db / b', squaredDiffusion: '-K * db' },
  planted: {
    "L² = -beta'": { drift: 'db / b', squaredDiffusion: '-db' },
    'drift of the deviation': { drift: 'db / (2 * b)', squaredDiffusion: '-K * db' },
  },
  residual: (formula) => kernelOf('b', 'K * b', { b: 'db' }, formula),
});

const theorem51Schedule = check({
  ...symbolic,
  name: 'theorem-5.1-schedule',
  statement: 'with beta = beta1 (1-t)²: H = -2/(1-t), L² = 2 K beta1 (1-t)',
  source: 'Xue et al. 2024, Theorem 5.1',
  formula: { drift: '-2 / T', squaredDiffusion: '2 * K * b1 * T' },
  planted: {
    'H = -1/(1-t)': { drift: '-1 / T', squaredDiffusion: '2 * K * b1 * T' },
    'L² = 2 K beta1': { drift: '-2 / T', squaredDiffusion: '2 * K * b1' },
  },
  // T = 1 - t
  residual: (formula) => kernelOf('b1 * T^2', 'K * b1 * T^2', { T: '-1' }, formula),
});

/** `f x - (1 + s)/2 g² (alpha D - x)/sigma²`: the reverse SDE with s = 1, the probability-flow ODE with s = 0. */
const reverse = (f: string, g2: string, alpha: string, variance: string, share: string): string =>
  `((${f}) * x - ${share} * (${g2}) * ((${alpha}) * D - x) / (${variance}))`;

const reverseContinuous = check({
  ...symbolic,
  name: 'reverse-sde-continuous',
  statement: "the reverse SDE of Theorem 4.1 is dmu = gamma'/(1 - gamma) (x_hat - mu) dt + G dw",
  source: 'docs/theory.md, section 2; Xue et al. 2024, section 4',
  formula: 'dg / (1 - g) * (D - x)',
  planted: { 'divided by gamma': 'dg / g * (D - x)', 'gamma x_hat for x_hat': 'dg / (1 - g) * (g * D - x)' },
  residual: (formula) => unproved([`${reverse('dg / g', '-dg', 'g', 'g * (1 - g)', '1')} - (${formula})`]),
});

const reverseDiscrete = check({
  ...symbolic,
  name: 'reverse-sde-discrete',
  statement: 'the reverse SDE of Theorem 5.1 is dz = -L² (e_hat - 1/K) dt + L dw: its drift is free of z',
  source: 'docs/theory.md, section 2; Xue et al. 2024, section 5',
  formula: 'K * db * (e - 1 / K)',
  planted: { 'without 1/K': 'K * db * e', 'with z/(1-t)': 'K * db * (e - 1 / K) + db / b * x' },
  residual: (formula) => {
    const sde = reverse('db / b', '-K * db', 'b', 'K * b', '1').replaceAll('D', '(K * e - 1)');
    return unproved([`${sde} - (${formula})`]);
  },
});

const odeContinuous = check({
  ...symbolic,
  name: 'ode-continuous',
  statement:
    "the probability-flow ODE of Theorem 4.1 is dmu/dt = gamma'/(2 gamma (1 - gamma)) ((1 - 2 gamma) mu + gamma x_hat)",
  source: 'docs/theory.md, section 4; Song et al. 2021, equation 13',
  formula: 'dg / (2 * g * (1 - g)) * ((1 - 2 * g) * x + g * D)',
  planted: {
    'the SDE instead': 'dg / (1 - g) * (D - x)',
    '(1 - gamma) mu': 'dg / (2 * g * (1 - g)) * ((1 - g) * x + g * D)',
  },
  residual: (formula) => unproved([`${reverse('dg / g', '-dg', 'g', 'g * (1 - g)', '1/2')} - (${formula})`]),
});

const odeDiscrete = check({
  ...symbolic,
  name: 'ode-discrete',
  statement: 'the probability-flow ODE of Theorem 5.1 is d/dt [z/(1-t)] = -K beta1 (e_hat - 1/K)',
  source: 'docs/theory.md, section 4; Xue et al. 2024, section 5',
  formula: '-K * b1 * (e - 1 / K)',
  planted: { 'twice as fast': '-2 * K * b1 * (e - 1 / K)', 'without 1/K': '-K * b1 * e' },
  residual: async (formula) => {
    const dx = reverse('-2 / T', '2 * K * b1 * T', 'b1 * T^2', 'K * b1 * T^2', '1/2').replaceAll(
      'D',
      '(K * e - 1)',
    );
    return unproved([`${await slopeOf('x / T', { x: dx, T: '-1' })} - (${formula})`]);
  },
});

// For every linear process: a, s stand for alpha and sigma, A and S for their derivatives.
const f = 'A / a';
const g2 = '(2 * s * S - 2 * A * s^2 / a)';

const informationTime = check({
  ...symbolic,
  name: 'information-time',
  statement:
    'on every linear process m = (alpha/sigma²) x solves the reverse SDE dm = D da + dW(a), a = (alpha/sigma)²',
  source: 'docs/theory.md, section 2',
  formula: { state: 'a / s^2', clock: 'a^2 / s^2' },
  planted: {
    'm = x/sigma': { state: '1 / s', clock: 'a^2 / s^2' },
    'clock alpha/sigma': { state: 'a / s^2', clock: 'a / s' },
  },
  residual: async ({ state, clock }) => {
    const slopes = { a: 'A', s: 'S' };
    const drift = `${await slopeOf(`(${state}) * x`, { ...slopes, x: reverse(f, g2, 'a', 's^2', '1') })}`;
    const pace = await slopeOf(clock, slopes);
    // time runs back, so that the clock rises by minus its slope
    return unproved([`${drift} - D * (${pace})`, `(${state})^2 * ${g2} + (${pace})`]);
  },
});

const straightOde = check({
  ...symbolic,
  name: 'ode-in-signal-to-noise',
  statement:
    'on every linear process the probability-flow ODE is d(x/sigma) = D dw, w = e^lambda = alpha/sigma',
  source: 'docs/theory.md, section 4',
  formula: { state: '1 / s', clock: 'a / s' },
  planted: {
    'the SDE clock': { state: '1 / s', clock: 'a^2 / s^2' },
    'state x/alpha': { state: '1 / a', clock: 'a / s' },
  },
  residual: async ({ state, clock }) => {
    const slopes = { a: 'A', s: 'S' };
    const drift = await slopeOf(`(${state}) * x`, { ...slopes, x: reverse(f, g2, 'a', 's^2', '1/2') });
    return unproved([`${drift} - D * (${await slopeOf(clock, slopes)})`]);
  },
});

const lossContinuous = check({
  ...symbolic,
  name: 'continuous-loss-weight',
  statement:
    "the rate (1/2) beta' (x - x_hat)² of the continuous loss is (1/2) G² (s_hat - grad ln p(mu|x))²",
  source: 'Xue et al. 2024, section 4; docs/theory.md, section 2',
  formula: '-dg / 2',
  planted: { 'weight G²': '-dg', 'weight of eps': '-dg / (2 * (1 - g))' },
  // beta = g/(1-g); scores (g x0 - mu)/(g (1-g)); t runs against beta
  residual: async (weight) => {
    const rate = `-(1/2) * (${await slopeOf('g / (1 - g)', { g: 'dg' })}) * (x - D)^2`;
    return unproved([`${rate} - (${weight}) * ((g * D - g * x) / (g * (1 - g)))^2`]);
  },
});

const lossDiscrete = check({
  ...symbolic,
  name: 'theorem-5.2-weight',
  statement: "the rate (K/2) beta' |e_x - e_hat|² of the discrete loss is (1/2) L² |s_hat - grad ln p(z|x)|²",
  source: 'Xue et al. 2024, Theorem 5.2',
  formula: '-K * db / 2',
  planted: { 'weight L²': '-K * db', 'without K': '-db / 2' },
  residual: (weight) =>
    unproved([
      // score of the model less that of the kernel, entry by entry, by Tweedie's formula
      `-(K/2) * db * (e - h)^2 - (${weight}) * ((b * (K * h - 1) - z) / (K * b) - (b * (K * e - 1) - z) / (K * b))^2`,
    ]),
});

export const sdeChecks: readonly Check[] = [
  theorem41,
  theorem41Schedule,
  theorem51,
  theorem51Schedule,
  reverseContinuous,
  reverseDiscrete,
  odeContinuous,
  odeDiscrete,
  informationTime,
  straightOde,
  lossContinuous,
  lossDiscrete,
];
