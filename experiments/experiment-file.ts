import { readFile, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Node } from 'yaml';
import { packageRoot } from '../src/data/bundled.js';
import { UsageError, UsageErrors } from '../src/errors.js';
import type { CheckedExperiment } from './experiment.js';
import { type Path, readExperiment } from './experiment-schema.js';

const endings = ['.yaml', '.yml', '.json'];

const libraryFolder = (): string => join(packageRoot(), 'experiments', 'library');

/** The names of the experiments that ship with the package. */
export const libraryNames = async (): Promise<readonly string[]> =>
  (await readdir(libraryFolder())).map((file) => basename(file, '.yaml')).sort();

/** A file of the user by its ending, else one of the package by its name. Rejects with a `UsageError` if there is none. */
const fileOf = async (nameOrPath: string): Promise<string> => {
  if (endings.includes(extname(nameOrPath).toLowerCase())) return nameOrPath;
  const names = await libraryNames();
  if (names.includes(nameOrPath)) return join(libraryFolder(), `${nameOrPath}.yaml`);
  throw new UsageError(
    `there is no experiment ${JSON.stringify(nameOrPath)}; there are ${names.join(', ')}, or give a file that ends in ${endings.join(', ')}`,
  );
};

// loaded when a file is read: who compares from code has no need of it
const loadYaml = () => import('yaml');
type Yaml = Awaited<ReturnType<typeof loadYaml>>;

/** The node of a key or an entry: of a key itself, where its value is missing or the key is what is wrong. */
const nodeAt = ({ isMap, isNode, isScalar }: Yaml, root: Node | null, path: Path): Node | null => {
  let node = root;
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key))
      : undefined;
    const next: unknown = pair
      ? isScalar(pair.value) || !pair.value
        ? pair.key
        : pair.value
      : childOf(node, key);
    if (!isNode(next)) return node;
    node = next;
  }
  return node;
};

const childOf = (node: Node | null, key: Path[number]): unknown =>
  node && 'get' in node && typeof node.get === 'function' ? (node.get(key, true) as unknown) : undefined;

/** Reads an experiment from the text of a YAML or JSON file. Rejects with `UsageErrors` with the line and path of each mistake. */
export const parseExperiment = async (text: string, file: string): Promise<CheckedExperiment> => {
  const yaml = await loadYaml();
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    throw new UsageErrors(document.errors.map(({ pos: [offset], message }) => `${at(offset)}: ${message}`));
  }
  const read = readExperiment(contentOf(() => document.toJS() as unknown, file));
  if ('experiment' in read) return read.experiment;
  throw new UsageErrors(
    read.mistakes.map(
      ({ path, message }) => `${at(nodeAt(yaml, document.contents, path)?.range?.[0] ?? 0)}: ${message}`,
    ),
  );
};

const contentOf = (read: () => unknown, file: string): unknown => {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`); // an alias without anchor, or far too many
  }
};

/** Reads an experiment by its name, if it ships with the package, or from a file. Rejects with `UsageErrors` with the line and path of each mistake. */
export const loadExperiment = async (nameOrPath: string): Promise<CheckedExperiment> => {
  const file = await fileOf(nameOrPath);
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`cannot read the experiment ${file}: ${error.message}`);
  });
  const experiment = await parseExperiment(text, file === nameOrPath ? file : basename(file));
  return { name: basename(file, extname(file)), ...experiment };
};
