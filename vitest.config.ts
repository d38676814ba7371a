import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', '.casa/**', '.tools/**', '**/out/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    coverage: { provider: 'v8', include: ['*/**/*.ts'], exclude: ['**/*.test.ts', 'demo/**', 'dist/**'] },
  },
});
