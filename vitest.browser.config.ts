import { defineConfig } from 'vitest/config';

// what needs a browser: `npm test` leaves it out
export default defineConfig({
  test: { include: ['test/browser/**/*.browser.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
});
