import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The Chromium of this machine: that of CHROMIUM, or the first on the path. Throws a line that says how to get one. */
export const findChromium = (environment: NodeJS.ProcessEnv = process.env): string => {
  const folders = (environment.PATH ?? '').split(delimiter);
  const candidates = environment.CHROMIUM
    ? [environment.CHROMIUM]
    : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `no Chromium is installed here (${candidates.length === 1 ? candidates[0] : names.join(', ')}); on Debian and Ubuntu: apt-get install chromium; elsewhere give its path as CHROMIUM`,
  );
};

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    // as root, which containers run tests as, Chromium has no sandbox
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
