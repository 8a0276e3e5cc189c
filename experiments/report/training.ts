import { join } from 'node:path';
import { stringify } from 'yaml';
import { writtenConfig } from '../../src/train/config.js';
import { trainingFiles } from '../../src/train/files.js';
import { type TrainingRecord, readRecord } from '../../src/train/folder.js';
import { type LogEntry, readLog } from '../../src/train/run.js';
import { toPng, toSvg } from '../figures/render.js';
import { writeWhole } from '../results.js';
import { commandText } from './command-text.js';
import { type Content, Markup, html } from './html.js';
import { lossCurve } from './loss-curve.js';
import { styleSheet } from './style.js';
import { trimmed } from './trimmed.js';

const factsPart = (facts: Readonly<Record<string, string>>): Content =>
  html`<dl class="facts">
    ${Object.entries(facts).map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const sessionPart = (session: TrainingRecord['sessions'][number]): Content => {
  const { command, from, ...others } = session;
  return html`<h3>From step ${Number(from)}</h3>
    <pre class="command" tabindex="0" role="region" aria-label="command from step ${Number(from)}">
${commandText(command)}</pre>
    ${factsPart(Object.fromEntries(Object.entries(others).map(([name, value]) => [name, textOf(value)])))}`;
};

const last = (log: readonly LogEntry[], name: 'loss' | 'validation'): LogEntry | undefined =>
  log.findLast((entry) => entry[name] !== undefined);

const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** The page of a training: its curve, what was trained, and how to do it again. One file that asks for nothing from anywhere. */
const trainingPage = (
  record: TrainingRecord,
  log: readonly LogEntry[],
  curve: string | undefined,
): string => {
  const { config, data, parameters, loss, sessions } = record;
  const { step = 0 } = log.at(-1) ?? {};
  const validation = last(log, 'validation')?.validation;
  const title = `${config.name}: ${step} of ${config.steps} steps`;
  const number = (value: number | undefined): string =>
    value === undefined ? 'none yet' : `${value.toPrecision(5)} ${loss.unit}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${title}</title>
        <style>
          ${new Markup(styleSheet([], []))}
        </style>
      </head>
      <body>
        <header class="top"><span class="name">bfn-sde training</span></header>
        <main>
          <div class="lead">
            <h1>${title}</h1>
            <p class="sub">${config.description ?? ''}</p>
          </div>
          <section>
            <h2>Loss</h2>
            <p class="sub">
              ${loss.id}, in ${loss.unit} an item. A point is the mean over the steps since the last one, of
              the weights in training; the validation is of their moving average, on held-out items.
            </p>
            ${curve === undefined ? html`<p class="note">No loss has been written yet.</p>` : html`<figure class="card">${new Markup(curve)}</figure>`}
            ${factsPart({
              loss: number(last(log, 'loss')?.loss),
              validation: number(validation),
              'trained numbers': String(parameters),
              network: config.network.id,
              data: data.id,
              'SHA-256 of the data': data.sha256,
            })}
          </section>
          <section>
            <h2>Configuration</h2>
            <pre tabindex="0" role="region" aria-label="configuration">
${stringify(writtenConfig(config))}</pre>
          </section>
          <section>
            <h2>Reproduce</h2>
            <p class="sub">
              The same command with this configuration gives the same weights on the same backend, also where
              it was interrupted.
            </p>
            ${sessions.map(sessionPart)}
          </section>
        </main>
        <footer>Made by bfn report. This file needs no network.</footer>
      </body>
    </html> `.text;
};

/** Writes `report.html`, `loss.svg` and `loss.png` of the folder of a training into it; returns the path of the page. Rejects with a `UsageError` for a folder that is none. */
export const writeTrainingReport = async (folder: string): Promise<string> => {
  const [record, log] = await Promise.all([readRecord(folder), readLog(join(folder, trainingFiles.log))]);
  const spec = lossCurve(log, record.loss.unit);
  const svg = spec && (await toSvg(spec));
  if (svg !== undefined) {
    await writeWhole(join(folder, 'loss.svg'), svg);
    await writeWhole(join(folder, 'loss.png'), await toPng(svg));
  }
  const path = join(folder, 'report.html');
  await writeWhole(path, trainingPage(record, log, svg && trimmed(svg)));
  return path;
};
