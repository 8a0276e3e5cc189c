import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Page, pages, root } from './pages.js';

interface Link {
  readonly text: string;
  readonly target: string;
  readonly fragment: string | undefined;
}

/** The links of a page that lead to a file or a heading of the repository. */
const linksOf = ({ text }: Page): Link[] =>
  [...text.replace(/^```.*?^```$/gms, '').matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)]
    .map(([, label, address]) => {
      const [target, fragment] = address.split('#');
      return { text: label, target, fragment };
    })
    .filter(({ target }) => !/^[a-z]+:/.test(target));

const fileOf = (page: Page, { target }: Link): string =>
  target === '' ? join(root, page.path) : join(root, dirname(page.path), target);

/** GitHub's address of a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const headings = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading));

/** Whether a source file defines a name: declared, or a member of what is declared; in tests, the title of one. */
const defines = (source: string, name: string): boolean => {
  if (!/^[\w$]+$/.test(name)) return source.includes(name);
  return new RegExp(
    `\\b(?:const|function\\*?|interface|type|class)\\s+${name}\\b|^\\s+(?:readonly )?${name}\\??[(:]`,
    'm',
  ).test(source);
};

describe.each(pages.map((page) => [page.path, page] as const))('%s', (_, page) => {
  it('links to files and headings that are there', () => {
    const dead = linksOf(page).filter((link) => {
      const file = fileOf(page, link);
      if (!existsSync(file)) return true;
      if (link.fragment === undefined) return false;
      return !headings(readFileSync(file, 'utf8')).includes(link.fragment);
    });
    expect(dead).toEqual([]);
  });

  it('names what the linked file holds', () => {
    const missing = linksOf(page).filter((link) => {
      const file = fileOf(page, link);
      const name = /^`(.*)`$/.exec(link.text)?.[1];
      if (name === undefined || !/\.\w+$/.test(file) || !existsSync(file) || !statSync(file).isFile())
        return false;
      if (file.endsWith(`/${name}`) || link.target.endsWith(name)) return false;
      return !defines(readFileSync(file, 'utf8'), name);
    });
    expect(missing).toEqual([]);
  });
});

const sources = ['src', 'solvers', 'experiments'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);

it('the sources refer to pages and sections that are there', () => {
  const references = sources.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\b(docs\/[\w-]+\.md)(?:, section (\d+))?/g)].map(
      ([reference, target, section]) => ({ path, reference, target, section }),
    ),
  );
  const dead = references.filter(({ target, section }) => {
    const page = pages.find(({ path }) => path === target);
    return !page || (section !== undefined && !page.text.includes(`\n## ${section}. `));
  });
  expect(references).not.toEqual([]);
  expect(dead).toEqual([]);
});
