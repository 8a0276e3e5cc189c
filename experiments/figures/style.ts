import type { Config } from 'vega-lite';

/** The family of the package that the pictures are set in, then one of the same widths for readers of the SVG who lack it. */
export const fontFamily = 'DejaVu Sans, Verdana, sans-serif';

/** What all figures share: black on white, thin axes, no grid, no frame. */
export const style: Config = {
  font: fontFamily,
  background: 'white',
  padding: 6,
  view: { stroke: null },
  title: { fontSize: 12, fontWeight: 'normal', anchor: 'middle', offset: 6 },
  axis: {
    grid: false,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    domainColor: 'black',
    tickColor: 'black',
    tickSize: 4,
    labelOverlap: true,
    labelFlush: false,
  },
  legend: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    symbolStrokeWidth: 2,
    symbolSize: 160,
    labelLimit: 400,
    titleLimit: 400,
  },
  text: { fontSize: 11 },
  concat: { spacing: 24 },
};
