import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Result } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bfn, workplace } from '../cli/run.js';
import { launch } from './browser.js';

const place = workplace();
let browser: Browser;
let address = '';

beforeAll(async () => {
  const problems = ['text:order=1', 'digits:components=2', 'mixture-2d', 'mixture-1d', 'simplex-3'];
  const words = ['compare', '--problem', ...problems, '--nfe', '2,5,10', '--samples', '60', '--out', 'run'];
  const { code, stderr } = await bfn(place.folder, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  address = pathToFileURL(join(place.folder, 'run/report.html')).href;
  browser = await launch();
});
afterAll(() => browser?.close());

const desktop = { viewport: { width: 1280, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const widths = [
  ['at desktop width', desktop],
  ['at phone width', phone],
] as const;

/** The page open in a browser of its own; what it complains of or asks for is kept. */
const open = async (options: BrowserContextOptions) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on(
    'console',
    (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
  );
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests, close: () => context.close() };
};

const withPage = async (
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> => {
  const { page, complaints, close } = await open(options);
  await look(page);
  expect(complaints).toEqual([]);
  await close();
};

describe.each(widths)('the report %s', (_, viewport) => {
  it('says nothing on the console, and nothing leaves the page', async () => {
    const { page, complaints, requests, close } = await open({ ...viewport, offline: true });
    await page.locator('#citations').scrollIntoViewIfNeeded();
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:image/png'))).toEqual([address]);
    await close();
  });

  it('is no wider than the screen, whatever is folded out', () =>
    withPage(viewport, async (page) => {
      for (const fold of await page.locator('summary').all()) await fold.click();
      const { wide, room } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        room: document.documentElement.clientWidth,
      }));
      expect(wide).toBeLessThanOrEqual(room);
    }));

  it('draws every plot: each has a place, lines, and all points in sight', () =>
    withPage(viewport, async (page) => {
      const plots = await page.locator('.plot').all();
      expect(plots.length).toBeGreaterThan(30);
      for (const plot of plots) {
        const box = await plot.locator('svg').boundingBox();
        expect(box?.width).toBeGreaterThan(250);
        expect(box?.height).toBeGreaterThan(90);
        const outside = await plot.evaluate((element) => {
          const frame = element.getBoundingClientRect();
          return Array.from(element.querySelectorAll('[class*="point"] [aria-label]')).filter((point) => {
            const { left, right, top, bottom, width } = point.getBoundingClientRect();
            return (
              width === 0 ||
              left < frame.left - 1 ||
              right > frame.right + 1 ||
              top < frame.top ||
              bottom > frame.bottom
            );
          }).length;
        });
        expect(outside).toBe(0);
      }
      for (const picture of await page.locator('.tile img').all()) {
        expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(30);
      }
    }));

  it.each(['light', 'dark'] as const)('breaks no rule of accessibility that axe knows, %s', (colorScheme) =>
    withPage({ ...viewport, colorScheme }, async (page) => {
      const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
      await page.evaluate(await readFile(axe, 'utf8'));
      const violations = await page.evaluate<readonly Result[]>(
        'axe.run().then(({ violations }) => violations)',
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)])).toEqual([]);
    }),
  );
});

describe('the controls of the report', () => {
  it('a checkbox takes its solver out of plots, tables, samples and plans of its problem, and only there', () =>
    withPage(desktop, async (page) => {
      const series = page.locator('#simplex-3 [data-series="1"]');
      const marks = page.locator('#simplex-3 :is(.line1_marks, .point1_marks, .band1_marks, [data-of="1"])');
      const seen = async () => (await marks.all()).length > 0 && (await marks.first().isVisible());
      expect(await seen()).toBe(true);
      const elsewhere = page.locator('#text tr[data-of="1"]').first();
      await series.uncheck();
      for (const mark of await marks.all()) expect(await mark.isVisible()).toBe(false);
      expect(await elsewhere.isVisible()).toBe(true);
      await series.check();
      expect(await seen()).toBe(true);
    }));

  it('every one is reached by Tab, in order, and has a name; a space turns it', () =>
    withPage(desktop, async (page) => {
      const reached = new Set<string>();
      for (let i = 0; i < 400; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const element = document.activeElement;
          if (!element || element === document.body) return null;
          const label =
            element.getAttribute('aria-label') ??
            element.closest('label')?.textContent ??
            element.textContent;
          return {
            kind: element.matches('.plot') ? 'plot' : element.tagName.toLowerCase(),
            label: label?.trim() ?? '',
          };
        });
        if (!at) break;
        expect(at.label).not.toBe('');
        reached.add(`${at.kind} ${at.label}`);
      }
      const kinds = [...reached].map((entry) => entry.split(' ')[0]);
      for (const kind of ['a', 'button', 'input', 'plot', 'summary', 'pre']) expect(kinds).toContain(kind);
      expect(kinds.filter((kind) => kind === 'plot')).toHaveLength(await page.locator('.plot').count());
      const box = page.locator('#text [data-series="0"]');
      await box.focus();
      await page.keyboard.press('Space');
      expect(await box.isChecked()).toBe(false);
    }));

  it('arrow keys walk the points of a plot, a tip tells each; Escape hides it', () =>
    withPage(desktop, async (page) => {
      const tip = page.locator('#tip');
      await page.locator('#text .plot').first().focus();
      const told: string[] = [];
      for (const key of [
        'ArrowRight',
        'ArrowRight',
        'ArrowRight',
        'ArrowRight',
        'ArrowDown',
        'ArrowLeft',
        'ArrowUp',
      ]) {
        await page.keyboard.press(key);
        told.push((await tip.textContent()) ?? '');
      }
      expect(told.map((text) => text.replace(/:.*/, ''))).toEqual([
        ...['bfn, 2 calls', 'bfn, 5 calls', 'bfn, 10 calls', 'bfn, 10 calls'],
        ...['sde-bfn-solver1, 10 calls', 'sde-bfn-solver1, 5 calls', 'bfn, 5 calls'],
      ]);
      for (const text of told) expect(text).toMatch(/: -?[\d.]+ ± [\d.]+ bits$/);
      expect(await tip.isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      expect(await tip.isVisible()).toBe(false);
    }));

  it('the pointer over a point shows its tip, away from points there is none', () =>
    withPage(desktop, async (page) => {
      const point = page.locator('#digits .point0_marks [aria-label]').first();
      await point.scrollIntoViewIfNeeded();
      const box = await point.boundingBox();
      await page.mouse.move((box?.x ?? 0) + 3, (box?.y ?? 0) + 3);
      expect(await page.locator('#tip').textContent()).toBe(
        await page.locator('#digits svg .shown').getAttribute('aria-label'),
      );
      await page.mouse.move(2, 2);
      expect(await page.locator('#tip').isVisible()).toBe(false);
    }));

  it('samples are shown of one number of calls at a time', () =>
    withPage(desktop, async (page) => {
      const visible = () =>
        page
          .locator('#digits .tile:visible')
          .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-calls')));
      expect(await visible()).toEqual([null, '5', '5', '5', '5']);
      await page.locator('#digits [type="radio"][value="10"]').check();
      expect(await visible()).toEqual([null, '10', '10', '10', '10']);
    }));

  it('is light or dark as the reader has it, and the button turns it', () =>
    withPage({ ...desktop, colorScheme: 'dark' }, async (page) => {
      const brightness = (selector: string, property: string) =>
        page
          .locator(selector)
          .first()
          .evaluate(
            (element, name) =>
              (getComputedStyle(element).getPropertyValue(name).match(/\d+/g) ?? [])
                .slice(0, 3)
                .reduce((sum, part) => sum + Number(part), 0) / 3,
            property,
          );
      const button = page.locator('#theme');
      expect(await button.getAttribute('aria-pressed')).toBe('true');
      expect(await brightness('body', 'background-color')).toBeLessThan(60);
      expect(await brightness('.plot svg text', 'fill')).toBeGreaterThan(140);
      await button.click();
      expect(await button.getAttribute('aria-pressed')).toBe('false');
      expect(await brightness('body', 'background-color')).toBeGreaterThan(200);
      expect(await brightness('.plot svg text', 'fill')).toBeLessThan(120);
    }));

  it('prints: light, all tables whole, no controls', () =>
    withPage({ ...desktop, colorScheme: 'dark' }, async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('nav').isVisible()).toBe(false);
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        'rgb(255, 255, 255)',
      );
      expect((await page.pdf()).length).toBeGreaterThan(50_000);
    }));
});
