import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../built.js';
import { findChromium } from './browser.js';

it('NOTICE: the tests in a browser are left out here; npm run test:browser runs them', async () => {
  console.warn(
    '\n*** LEFT OUT: the tests of the report and of the core in a browser. Run them by: npm run test:browser ***\n',
  );
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['test:browser']).toContain('vitest.browser.config.ts');
  expect(await readFile(join(root, '.ci/run'), 'utf8')).toMatch(/^npm run test:browser$/m);
});

it('without a browser they fail in one line that says how to get one', () => {
  const missing = () => findChromium({ PATH: '/nowhere' });
  expect(missing).toThrow(/^no Chromium is installed here .*: apt-get install chromium; [^\n]*$/);
  expect(() => findChromium({ CHROMIUM: '/nowhere/chromium' })).toThrow('(/nowhere/chromium)');
});
