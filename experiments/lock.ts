import { readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../src/errors.js';

/** When a process was started, in ticks of the system: tells it from a later one of the same number. Where the system does not say, '0'. */
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? 'ended' : fields[18];
  } catch {
    return '0';
  }
};

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
}

/** The name says whose it is, so that there is no moment at which a lock is there and its content is not. */
const nameOf = ({ host, pid, start }: Owner): string => `lock-${pid}-${start}-${encodeURIComponent(host)}`;

const ownerOf = (name: string): Owner | undefined => {
  const [, pid, start, host] = /^lock-(\d+)-(\d+)-(.+)$/.exec(name) ?? [];
  return pid === undefined ? undefined : { host: decodeURIComponent(host), pid: Number(pid), start };
};

/** A process on another host counts as alive: nobody can tell from here. */
const isAlive = ({ host, pid, start }: Owner): boolean =>
  host !== hostname() || (exists(pid) && startOf(pid) === start);

const attempts = 3;

/** The locks of this process: it may have been given the number of a dead one, whose file it then takes over. */
const held = new Set<string>();

/**
 * Takes a folder for this process alone, and resolves to what gives it back. Each process adds a file of its own name and then
 * looks for those of others: of two that come at once, at least one sees the other and withdraws. What a dead process left
 * is cleared away. Rejects with a `UsageError` that says who has it.
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const mine = nameOf({ host: hostname(), pid: process.pid, start: startOf(process.pid) });
  const path = resolve(folder, mine);
  if (held.has(path)) throw new UsageError(`this process writes to the folder ${folder} already`);
  held.add(path);
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    held.delete(path);
  };
  try {
    await takeTurns(folder, mine);
  } catch (error) {
    await release();
    throw error;
  }
  return release;
};

const takeTurns = async (folder: string, mine: string): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    await writeFile(join(folder, mine), '');
    const others = (await readdir(folder)).flatMap((name) => {
      const owner = name === mine ? undefined : ownerOf(name);
      return owner ? [{ name, owner }] : [];
    });
    const alive = others.find(({ owner }) => isAlive(owner));
    if (!alive) {
      for (const { name } of others) await rm(join(folder, name), { force: true });
      return;
    }
    await rm(join(folder, mine), { force: true });
    if (attempt === attempts) {
      const { name, owner } = alive;
      throw new UsageError(
        `the folder ${folder} is in use by process ${owner.pid} on ${owner.host}; wait for it, or give another folder (if it is gone, remove ${join(folder, name)})`,
      );
    }
    await sleep(50 + 150 * Math.random()); // of two that withdrew, one may be first the next time
  }
};
