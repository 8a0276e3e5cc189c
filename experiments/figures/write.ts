import { join } from 'node:path';
import { writeWhole } from '../results.js';
import type { Drawing, Figure } from './figure.js';
import { toPng, toSvg } from './render.js';

export const formats = ['svg', 'png'] as const;
export type Format = (typeof formats)[number];

export interface WrittenFigure extends Pick<Figure, 'id' | 'description' | 'source'> {
  readonly parameters: Drawing['parameters'];
  readonly values: Drawing['values'];
  /** The pictures, and what they show (.json). */
  readonly files: readonly string[];
}

/** The numbers that a figure is about, a line each. */
export const valueLines = ({ values }: Pick<Drawing, 'values'>): readonly string[] =>
  Object.entries(values).map(([what, numbers]) => `${what}: ${numbers.join(', ')}`);

/** JSON with a line an entry: a list of thousands of numbers on thousands of lines is of no use to a reader. */
const lineByLine = (value: object): string =>
  `{\n${Object.entries(value)
    .map(([key, entry]) => `${JSON.stringify(key)}: ${JSON.stringify(entry)}`)
    .join(',\n')}\n}\n`;

/**
 * Draws a figure into a folder: `<id>.json` with what is plotted and its parameters, and a picture a format. Each file is written
 * whole or not at all; the same figure has the same bytes.
 */
export const writeFigure = async (
  folder: string,
  { id, description, source, draw }: Figure,
  wanted: readonly Format[] = formats,
): Promise<WrittenFigure> => {
  const { parameters, values, data, spec } = await draw();
  const svg = await toSvg(spec);
  const contents: Readonly<Record<Format, () => Promise<string | Uint8Array>>> = {
    svg: async () => svg,
    png: () => toPng(svg),
  };
  const files: string[] = [];
  const write = async (ending: string, content: string | Uint8Array): Promise<void> => {
    const path = join(folder, `${id}.${ending}`);
    await writeWhole(path, content);
    files.push(path);
  };
  for (const format of wanted) await write(format, await contents[format]());
  const about = { id, description, source, parameters, values };
  await write('json', lineByLine({ ...about, command: `bfn figures ${id}`, data }));
  return { ...about, files };
};
