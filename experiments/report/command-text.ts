import type { Json } from '../../src/json.js';

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A recorded command as it can be typed into a shell. */
export const commandText = (command: Json | undefined): string =>
  Array.isArray(command) ? command.map((word) => quoted(String(word))).join(' ') : 'not recorded';
