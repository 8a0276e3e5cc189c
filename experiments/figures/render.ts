import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { style } from './style.js';

interface TextItem {
  readonly fontSize?: number;
  readonly text?: string;
}

/** Loaded when a figure is drawn: they take longer to load than most commands to run. */
const plotting = async () => {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { textMetrics } = vega as unknown as {
    textMetrics: { width(item: TextItem, text?: string): number };
  };
  // Vega would measure text with a canvas where one is installed; six tenths of an em is DejaVu Sans's average letter
  textMetrics.width = ({ fontSize = 11, text: own = '' }, text = own) => 0.6 * fontSize * String(text).length;
  return { vega, vegaLite };
};

/** A warning of Vega is a mistake in a figure. */
const strict = {
  level: () => strict,
  error: (...what: readonly unknown[]): never => {
    throw new Error(`the picture cannot be drawn: ${what.join(' ')}`);
  },
  warn: (...what: readonly unknown[]): never => strict.error(...what),
  info: () => strict,
  debug: () => strict,
};

/** Vega numbers clip paths through all pictures of a process; here each picture counts its own. */
const ownClipNumbers = (svg: string): string => {
  const numbers = new Map<string, number>();
  return svg.replaceAll(/(?<=id="clip|url\(#clip)\d+/g, (global) => {
    const own = numbers.get(global) ?? numbers.size + 1;
    numbers.set(global, own);
    return String(own);
  });
};

/** The picture as SVG, without a date or anything else that changes from one run to the next. */
export const toSvg = async (spec: TopLevelSpec): Promise<string> => {
  const { vega, vegaLite } = await plotting();
  // Vega marks the rows that it is given: those of the figure are not its to change
  const compiled = vegaLite.compile(structuredClone(spec), { config: style, logger: strict }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: strict });
  try {
    return ownClipNumbers(await view.toSVG());
  } finally {
    view.finalize();
  }
};

const fontFiles = (): string[] => {
  const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
  return ['DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSans-Oblique'].map((name) =>
    join(folder, 'ttf', `${name}.ttf`),
  );
};

/** The pixels of an SVG, `zoom` to its unit, set in fonts of a package and no others: the same on every machine. */
export const toPng = async (svg: string, zoom = 2): Promise<Uint8Array> => {
  const { Resvg } = await import('@resvg/resvg-js');
  const font = {
    loadSystemFonts: false,
    fontFiles: fontFiles(),
    defaultFontFamily: 'DejaVu Sans',
    sansSerifFamily: 'DejaVu Sans',
  };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: zoom }, background: 'white' }).render().asPng();
};
