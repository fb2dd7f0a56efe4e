import { defineConfig } from 'vitest/config';

// What only a real browser can judge, in a Chromium of this computer: `npm run test:browser`.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['browser/**/*.test.ts'],
    // Limits, no measures: a whole screen in axe takes seconds where other work runs beside.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
