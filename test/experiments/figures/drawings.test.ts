import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Drawing,
  type Figure,
  figure,
  figureList,
  registerFigure,
  toPng,
  toSvg,
  valueLines,
  writeFigure,
} from '../../../experiments/figures/index.js';
import { UsageError } from '../../../src/errors.js';
import { pages, root } from '../../docs/pages.js';

const isFinite = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isFinite);
  return typeof value === 'object' && value !== null ? Object.values(value).every(isFinite) : true;
};

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

describe.each(figureList().map((each) => [each.id, each] as const))('%s', (id, { draw, description }) => {
  let drawing: Drawing;
  let svg: string;
  beforeAll(async () => {
    drawing = await draw();
    svg = await toSvg(drawing.spec);
  });

  it('plots finite numbers', () => {
    const { data, values, parameters } = drawing;
    expect(isFinite([data, values, parameters])).toBe(true);
    expect(JSON.parse(JSON.stringify({ data, values, parameters }))).toEqual({ data, values, parameters });
    expect(valueLines(drawing).length).toBeGreaterThan(0);
    expect(description).toMatch(/^[^\n]+[^.]$/);
  });

  it('renders to a picture without a number gone wrong', () => {
    expect(svg).toMatch(/^<svg [^>]*>/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toContain('<path');
    expect(svg).toContain('<text');
  });

  it('has the same bytes when it is drawn again', async () => {
    expect(await toSvg((await draw()).spec)).toBe(svg);
  });

  it('is on the page, with its command and what that prints', () => {
    const { text } = pages.find(({ path }) => path === 'docs/figures.md') ?? { text: '' };
    expect(text).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(figures/${id}\\.png\\)`));
    expect(text).toContain(`\`\`\`sh\nbfn figures ${id}\n\`\`\``);
    expect(text).toContain(`\`\`\`text\n${valueLines(drawing).join('\n')}\n\`\`\``);
  });

  it('has a picture on the page of the size that it is drawn in', async () => {
    const file = await readFile(join(root, 'docs/figures', `${id}.png`));
    expect([...file.subarray(0, 8)]).toEqual(pngSignature);
    const [, width, height] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
    const size = [file.readUInt32BE(16), file.readUInt32BE(20)];
    expect(Math.abs(size[0] - 2 * Number(width))).toBeLessThanOrEqual(2);
    expect(Math.abs(size[1] - 2 * Number(height))).toBeLessThanOrEqual(2);
  });
});

it('the page tells of the figures in the order of the list', () => {
  const { text } = pages.find(({ path }) => path === 'docs/figures.md') ?? { text: '' };
  const shown = [...text.matchAll(/\]\(figures\/([a-z-]+)\.png\)/g)].map(([, id]) => id);
  expect(shown).toEqual(figureList().map(({ id }) => id));
});

describe('a picture', () => {
  const spec = (mark: object): Drawing['spec'] => ({
    data: { values: [{ x: 1 }] },
    mark: { type: 'point', ...mark },
    encoding: { x: { field: 'x', type: 'quantitative' } },
  });

  it('has the same bytes as PNG, whatever fonts the machine has', async () => {
    const svg = await toSvg({ ...spec({}), title: 'γ(1 − γ), √β₁, μ′, 10⁻²' });
    const [first, second] = [await toPng(svg), await toPng(svg)];
    expect([...first.subarray(0, 8)]).toEqual(pngSignature);
    expect(Buffer.compare(first, second)).toBe(0);
    // the font file says what a glyph looks like: a family that is nowhere is set in the same one
    const elsewhere = await toPng(svg.replaceAll('DejaVu Sans, Verdana, sans-serif', 'No Such Family'));
    expect(Buffer.compare(first, elsewhere)).toBe(0);
  });

  it('is refused where Vega warns', async () => {
    const wrong = {
      ...spec({}),
      encoding: { x: { field: 'x', type: 'quantitative', scale: { paddingInner: 1 } } },
    };
    await expect(toSvg(wrong as Drawing['spec'])).rejects.toThrow(/cannot be drawn/);
  });
});

describe('writing', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-figures-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('leaves whole files and nothing else, twice the same', async () => {
    const one = figure('discretised-output');
    const read = async (): Promise<readonly Buffer[]> =>
      Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name))));
    const { files } = await writeFigure(folder, one);
    const before = await read();
    expect((await readdir(folder)).sort()).toEqual(
      ['json', 'png', 'svg'].map((ending) => `${one.id}.${ending}`),
    );
    expect([...files].sort()).toEqual(
      ['json', 'png', 'svg'].map((ending) => join(folder, `${one.id}.${ending}`)),
    );
    await writeFigure(folder, one);
    expect((await read()).map((file, i) => Buffer.compare(file, before[i]))).toEqual([0, 0, 0]);

    const { id, source, parameters, values, command, data } = JSON.parse(before[0].toString()) as Record<
      string,
      unknown
    >;
    const drawing = await one.draw();
    expect({ id, source, parameters, values, command, data }).toEqual({
      id: one.id,
      source: one.source,
      parameters: drawing.parameters,
      values: drawing.values,
      command: 'bfn figures discretised-output',
      data: drawing.data,
    });
  });

  it('leaves nothing of a figure that cannot be drawn', async () => {
    const broken: Figure = {
      ...figure('discretised-output'),
      id: 'broken',
      draw: () => Promise.reject(new RangeError('no')),
    };
    await expect(writeFigure(folder, broken)).rejects.toThrow('no');
    expect((await readdir(folder)).filter((name) => name.startsWith('broken'))).toEqual([]);
  });
});

describe('the registry', () => {
  it('takes a figure of your own, and no second of its name', () => {
    const mine: Figure = { ...figure('discretised-output'), id: 'mine' };
    registerFigure(mine);
    expect(figure('mine')).toBe(mine);
    expect(() => registerFigure(mine)).toThrow(UsageError);
  });

  it('says what exists where a name is unknown', () => {
    expect(() => figure('flow')).toThrow(
      /unknown figure "flow"; there are: bayesian-updates, .*trajectories/,
    );
  });
});
