import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** `docs/plans.md:12`, the line of the fence. */
  readonly where: string;
  readonly language: string;
  readonly code: string;
}

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const blocksOf = (path: string, text: string): Block[] =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    where: `${path}:${text.slice(0, match.index).split('\n').length}`,
    language: match[1],
    code: match[2],
  }));

/** Every Markdown page that a reader of the repository meets. */
export const pages: readonly Page[] = ['.', 'docs'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, blocks: blocksOf(path, text) };
    }),
);

export const blocks = (...languages: readonly string[]): readonly Block[] =>
  pages.flatMap((page) => page.blocks.filter(({ language }) => languages.includes(language)));
