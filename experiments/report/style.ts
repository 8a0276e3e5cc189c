import { type Series, type Shades, palette, tones } from './series.js';

const shade = ([light, dark]: Shades): string => `light-dark(${light}, ${dark})`;

/** In a picture each colour is replaced by what it is on this screen: the pictures themselves are made for paper. */
const pictureColours = [...Object.values(tones), ...palette]
  .map(([light, dark]) => {
    const colour = shade([light, dark]);
    return `svg [fill="${light}"]{fill:${colour}}svg [stroke="${light}"]{stroke:${colour}}`;
  })
  .join('\n');

const seriesRules = ({ index, shades, outline }: Series): string => `
.s${index}{background:${shade(shades)};clip-path:${outline}}
.problem:has([data-series="${index}"]:not(:checked)) :is(.band${index}_marks,.line${index}_marks,.point${index}_marks,[data-of="${index}"]){display:none}`;

const callsRule = (calls: number): string =>
  `.gallery:has([value="${calls}"]:not(:checked)) [data-calls="${calls}"]{display:none}`;

const base = `
:root{color-scheme:light dark;--paper:${shade(tones.paper)};--page:light-dark(#f6f7f9,#0b0f14);--ink:${shade(tones.ink)};
--soft:light-dark(#57606a,#a3adb9);--line:light-dark(#d9dee4,#2b333e);--wash:light-dark(#f1f4f7,#1a212b);--accent:light-dark(#0a5ca8,#6db6f7);--bad:light-dark(#b3261e,#ff8a80)}
:root[data-theme=light]{color-scheme:light}:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif}
main,.top,footer{max-width:1160px;margin:0 auto;padding:0 28px}
a{color:var(--accent);text-underline-offset:3px}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:6px 18px;padding-top:18px;padding-bottom:6px;font-size:.9rem}
.top .name{font-weight:650;letter-spacing:.01em;margin-right:auto}
.top nav{display:flex;flex-wrap:wrap;gap:4px 16px}
.top nav a{text-decoration:none}
.top nav a:hover{text-decoration:underline}
button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:99px;padding:3px 14px;cursor:pointer}
.lead{padding:44px 0 26px}
h1{font-size:clamp(1.7rem,1.1rem + 2.6vw,2.7rem);line-height:1.16;letter-spacing:-.022em;font-weight:700;margin:0 0 16px;max-width:25ch;text-wrap:balance}
h2{font-size:1.62rem;letter-spacing:-.015em;line-height:1.2;margin:0 0 4px}
h3{font-size:1.06rem;margin:36px 0 12px}
.sub,.note{color:var(--soft);margin:0;max-width:78ch}
.note{font-size:.88rem;margin:8px 0 14px}
section{border-top:1px solid var(--line);padding:36px 0 12px;scroll-margin-top:8px}
.findings{list-style:none;margin:22px 0 0;padding:0;display:grid;gap:12px}
.findings>li{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:13px 18px}
.findings p{margin:0}.findings li:first-child>p{font-weight:600}
.findings ul{margin:5px 0 0;padding:0;list-style:none;color:var(--soft);font-size:.88rem;font-variant-numeric:tabular-nums}
fieldset{border:0;margin:18px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:7px 8px;align-items:center}
legend{float:left;font-size:.85rem;color:var(--soft);padding:0;margin-right:8px}
fieldset label{display:inline-flex;align-items:center;gap:7px;background:var(--paper);border:1px solid var(--line);border-radius:99px;padding:3px 13px 3px 9px;font-size:.88rem;cursor:pointer}
fieldset label:has(:not(:checked)){color:var(--soft);background:none}
fieldset label:has(:focus-visible){outline:2px solid var(--accent);outline-offset:2px}
input{accent-color:var(--accent);margin:0}
.key{display:inline-block;width:.68em;height:.68em;margin-right:.5em;vertical-align:baseline;print-color-adjust:exact;-webkit-print-color-adjust:exact}
fieldset .key{margin-right:0}
.toggles{position:sticky;top:0;z-index:2;background:var(--page);padding:9px 0;margin-top:14px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
figure{margin:0}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px 12px 6px;break-inside:avoid;min-width:0}
.card figcaption{font-size:.9rem;font-weight:600;padding:0 6px 6px}
.plot{border-radius:6px}
.card svg{display:block;width:100%;height:auto;max-width:580px;margin:0 auto}
svg text{font-family:inherit}
svg .shown{stroke:var(--ink);stroke-width:2.5px}
#tip{position:fixed;z-index:9;pointer-events:none;background:var(--ink);color:var(--paper);font-size:.82rem;line-height:1.35;padding:5px 10px;border-radius:6px;max-width:min(330px,90vw);font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;max-width:100%}
.tables{display:grid;gap:16px}
.tables .scroll{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:7px}
caption span{color:var(--soft);padding-left:.5em}
th,td{padding:4px 0 4px 22px;text-align:right;white-space:nowrap;font-weight:400}
th:first-child{padding-left:0;text-align:left}
thead th{color:var(--soft);border-bottom:1px solid var(--line)}
tbody tr+tr>*{border-top:1px solid var(--wash)}
strong{font-weight:750}
.reference{color:var(--soft);font-style:italic}
.failed{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,196px),1fr));gap:14px}
.tiles.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr))}
.tile{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:10px 12px 12px;break-inside:avoid;min-width:0}
.tile figcaption{font-size:.86rem;font-weight:600;margin-bottom:7px;overflow-wrap:anywhere}
.tile img,.tile svg{display:block;width:100%;height:auto;border-radius:4px}
.pixels{image-rendering:pixelated}
.texts{margin:0;padding:0;list-style:none;font:.8rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.texts li{white-space:pre-wrap;overflow-wrap:anywhere;padding:2px 0}
.texts li+li{border-top:1px solid var(--wash)}
details{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:9px 16px;margin-top:8px}
summary{cursor:pointer;font-size:.92rem}
summary small{color:var(--soft)}
details[open]>summary{margin-bottom:12px}
pre{background:var(--wash);border-radius:8px;padding:12px 14px;margin:12px 0 4px;font:.78rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;max-height:440px;overflow:auto}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.86rem}
.plain{width:auto}
.facts{display:flex;flex-wrap:wrap;gap:6px 28px;margin:0 0 14px;font-size:.88rem}
.facts dt{color:var(--soft);font-size:.8rem}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.failures li{color:var(--bad);overflow-wrap:anywhere}
.cols{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px;align-items:start}
.cols details:first-child{margin-top:0}
footer{color:var(--soft);font-size:.85rem;padding-top:22px;padding-bottom:44px}
@media(max-width:860px){.cols{grid-template-columns:minmax(0,1fr)}}
@media(max-width:600px){main,.top,footer{padding-left:16px;padding-right:16px}.lead{padding:26px 0 18px}.card{padding:12px 6px 4px}.top nav{order:1;width:100%}.toggles{position:static}th,td{padding-left:14px}}
@media print{:root{color-scheme:light!important;--page:#fff}body{font-size:10.5pt}main,.top,footer{max-width:none;padding-left:0;padding-right:0}nav,button,#tip,.choice label:has(:not(:checked)),.toggles label:has(:not(:checked)){display:none!important}
.toggles{position:static}.plots{grid-template-columns:1fr 1fr}.scroll{overflow:visible}pre{max-height:none;white-space:pre-wrap}section{break-before:auto}h2,h3{break-after:avoid}tr{break-inside:avoid}}
`;

/** The style of a page with these series and numbers of calls: light and dark from one set of colours, toggles without a script. */
export const styleSheet = (series: readonly Series[], calls: readonly number[]): string =>
  [base, pictureColours, ...series.map(seriesRules), ...calls.map(callsRule)].join('\n');
