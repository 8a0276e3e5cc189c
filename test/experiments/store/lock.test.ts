import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from '../../../experiments/lock.js';
import { UsageError } from '../../../src/errors.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lockOf = (pid: number | string, start: number | string, host = hostname()): Promise<void> =>
  writeFile(join(folder, `lock-${pid}-${start}-${encodeURIComponent(host)}`), '');

it('is held by one at a time, and can be taken again once it was given back', async () => {
  const release = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(/^this process writes to the folder .* already$/);
  await release();
  expect(await readdir(folder)).toEqual([]);
  await (
    await lockFolder(folder)
  )();
});

it('of a process that has ended is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('close', resolve));
  await lockOf(child.pid ?? 0, 5);
  const release = await lockFolder(folder);
  expect(await readdir(folder)).toHaveLength(1);
  await release();
});

it('of a process that lives is respected, with its number, and what to do', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  const pid = child.pid ?? 0;
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const start = stat === '' ? '0' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  try {
    await lockOf(pid, start);
    const refused = lockFolder(folder);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(new RegExp(`is in use by process ${pid} on .*; wait for it, or`));
    expect(await readdir(folder)).toEqual([`lock-${pid}-${start}-${encodeURIComponent(hostname())}`]);
  } finally {
    child.kill('SIGKILL');
  }
});

it.skipIf(process.platform !== 'linux')(
  'of an earlier process of the same number is taken over',
  async () => {
    await lockOf(process.ppid, 1); // the number lives, but was started at another time
    await (
      await lockFolder(folder)
    )();
    expect(await readdir(folder)).toEqual([]);
  },
);

it('of another host is respected: nobody can tell from here', async () => {
  await lockOf(999_999_999, 0, 'elsewhere');
  await expect(lockFolder(folder)).rejects.toThrow('on elsewhere');
});
