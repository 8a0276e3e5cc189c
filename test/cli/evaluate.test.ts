import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../experiments/comparison.js';
import type { Evaluation, Measure } from '../../experiments/evaluation/evaluate.js';
import { ownFolder, tinyConfigs, trainTiny } from '../train/tiny-trainings.js';
import { inProcess } from './in-process.js';

const place = ownFolder();
const { output, bfn } = inProcess('evaluate');
const at = (...parts: readonly string[]): string => join(place.folder, ...parts);
const few = ['--items', '20', '--draws', '2'];

beforeAll(async () => {
  for (const kind of Object.keys(tinyConfigs) as (keyof typeof tinyConfigs)[])
    await trainTiny(kind, at(kind));
  await mkdir(at('empty'));
});

const printed = async (...words: string[]): Promise<Evaluation & { engine: string }> => {
  output.said = [];
  expect(await bfn(...words, ...few, '--json')).toBe(0);
  return JSON.parse(output.said.join('')) as Evaluation & { engine: string };
};

describe('bfn evaluate', () => {
  it('measures samples too, as bfn compare does', async () => {
    const asked = ['--nfe', '2,3', '--samples', '20', '--solver', 'bfn'];
    const { samples } = (await printed(at('continuous'), ...asked)) as unknown as { samples: Cell[] };
    expect(samples.map(({ solver, nfe, status }) => [solver, nfe, status])).toEqual([
      ['bfn', 2, 'ok'],
      ['bfn', 3, 'ok'],
    ]);
    for (const { metrics } of samples) expect(metrics['frechet-distance'].value).toBeGreaterThan(0);
    output.said = [];
    expect(await bfn(at('text'), ...few, '--nfe', '3', '--samples', '20')).toBe(0);
    expect(output.said.join('\n')).toMatch(/\| recommended +\|/);
  });

  it('takes the data that the description names, wherever the graph lies', async () => {
    await mkdir(at('moved'));
    for (const name of ['network.onnx', 'network.json', 'weights.bin']) {
      await copyFile(at('text', name), at('moved', name));
    }
    const found = await printed(at('moved', 'network.onnx'), '--engine', 'onnx');
    const there = await printed(at('text'), '--engine', 'onnx');
    expect(found.bounds).toEqual(there.bounds);
  });

  it.each([
    ['continuous', ['independent-normals', 'normal'], 64],
    ['discretised', ['independent-normals', 'normal'], 64],
    ['binary', ['independent'], 64],
    ['text', ['1-gram', '2-gram', '3-gram', '4-gram'], 6],
  ] as const)('%s: bounds in both units beside simple models', async (kind, references, dimensions) => {
    const found = await printed(at(kind), '--steps', '1,5');
    expect(found).toMatchObject({
      items: 20,
      draws: 2,
      dimensions,
      part: kind === 'text' ? 'test' : 'valid',
    });
    expect(found.references.map(({ id }) => id)).toEqual(references);
    expect(found.bounds.map(({ steps }) => steps)).toEqual([null, 1, 5]);
    for (const { bound, transmission } of found.bounds) {
      const sum = transmission.nats.value + found.reconstruction.nats.value;
      expect(bound.nats.value).toBeCloseTo(sum, 8);
      expect(bound.nats.value).toBeGreaterThan(0);
      expect(transmission.nats.standardError).toBeGreaterThan(0);
    }
    const measures: Measure[] = [found.reconstruction, found.bounds[0].bound, found.references[0].code];
    for (const { nats, bits, perDimension } of measures) {
      expect(bits.value * Math.LN2).toBeCloseTo(nats.value, 8);
      expect(perDimension.bits.value * dimensions).toBeCloseTo(bits.value, 8);
    }
  });

  it('says the same on both engines to float32 rounding, and the same again', async () => {
    const onnx = await printed(at('text'), '--engine', 'onnx');
    const tfjs = await printed(at('text'), '--backend', 'cpu');
    expect([onnx.engine, tfjs.engine]).toEqual(['onnx', 'tfjs']);
    const value = ({ bounds }: Evaluation): number => bounds[0].bound.nats.value;
    expect(value(tfjs) / value(onnx)).toBeCloseTo(1, 4);
    expect(value(await printed(at('text'), '--engine', 'onnx'))).toBe(value(onnx));
    expect(value(await printed(at('text'), '--seed', '2'))).not.toBe(value(onnx));
  });

  it('takes a graph alone with data that are named, and prints a table in the unit that is asked for', async () => {
    await Promise.all(
      ['network.onnx', 'network.json', 'weights.bin'].map(async (name) => {
        await mkdir(at('alone'), { recursive: true });
        await rename(at('binary', name), at('alone', name));
      }),
    );
    const written = JSON.parse(await readFile(at('alone', 'network.json'), 'utf8')) as { dataset?: unknown };
    delete written.dataset; // as in a description from elsewhere
    await writeFile(at('alone', 'network.json'), JSON.stringify(written));
    const words = [at('alone', 'network.onnx'), '--data', 'digits:binarise=dynamic', '--unit', 'nats'];
    expect(await bfn(...words, ...few)).toBe(0);
    expect(output.said.join('\n')).toMatch(
      /^\S+network\.onnx on 20 items of digits \(valid\), 2 draws each; onnx/,
    );
    expect(output.said.join('\n')).toMatch(/\| {2}nats a variable \|/);
    expect(output.said.join('\n')).toMatch(/^\| continuous time: bound \s+\| +[\d.]+ ± [\d.]+ \|/m);
  });

  it.each([
    ['nothing', [], /has no trained network: cannot read \S*network\.json: ENOENT/],
    ['empty', [], /has no trained network: .* \(a training that is not finished has none\)/],
    ['binary', [], /has no trained network/],
    ['alone/network.onnx', [], /does not say what it was trained on; say what data with --data/],
    ['text', ['--data', 'digits'], /the network does not fit the data "digits": it takes 6 numbers/],
    ['text', ['--data', 'text:length=6'], /is of \d+ classes, and the data have 27/],
    ['text', ['--data', 'txet'], /unknown dataset "txet"/],
    ['text', ['--bins', '16'], /bins are of continuous data; the network is of discrete data/],
    ['continuous', ['--part', 'test'], /the data "digits" have no test part/],
    ['diffusion', [], /a bound is of Bayesian flow networks only/],
    ['text', ['--engine', 'onnx', '--backend', 'cpu'], /--backend is of tfjs, and --engine says onnx/],
    ['text', ['--engine', 'torch'], /Allowed choices are onnx, tfjs/],
    ['text', ['--steps', '0'], /whole number from 1/],
    ['text', ['--items', '1'], /whole number from 2/],
    ['text', ['--samples', '9'], /are of the samples that --nfe asks for/],
    ['text', ['--nfe', '2', '--solver', 'bnf'], /unknown solver "bnf"/],
  ] as const)('a mistake: %s %j', async (model, words, says) => {
    if (model === 'binary') await rm(at('binary', 'weights.bin'), { force: true });
    expect(await bfn(at(model), ...words)).toBe(2);
    expect(output.complained.join('')).toMatch(/^error: [^\n]+\n?$/);
    expect(output.complained.join('')).toMatch(says);
    expect(output.said).toEqual([]);
  });
});
