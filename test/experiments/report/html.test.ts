import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Markup, html } from '../../../experiments/report/html.js';
import { trimmed } from '../../../experiments/report/trimmed.js';

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

it('any text put into a page comes out as that text, and opens neither a tag nor an attribute', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '$', '`', '\\', 'é') }),
      (text) => {
        const { text: out } = html`<p title="${text}">${[text, html`<b>${text}</b>`]}</p>`;
        const [, title, first, second] =
          /^<p title="([^"<>]*)">([^<>]*)<b>([^<>]*)<\/b><\/p>$/.exec(out) ?? [];
        expect([title, first, second].map(unescaped)).toEqual([text, text, text]);
      },
    ),
  );
});

it('markup goes in as it is, numbers as they are written', () => {
  expect(html`${new Markup('<i>')}${1.5}`.text).toBe('<i>1.5');
});

it('a trimmed picture has its places to two decimals and its words untouched', () => {
  const svg =
    '<path aria-label="0.12345" transform="translate(1.23456,-20.004)" d="M0.999,1e-7L12.5,3"/><text>7.12345</text>';
  expect(trimmed(svg)).toBe(
    '<path aria-label="0.12345" transform="translate(1.23,-20)" d="M1,1e-7L12.5,3"/><text>7.12345</text>',
  );
});
