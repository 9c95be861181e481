import { defineConfig } from 'vitest/config';

const suite = (name: string, testTimeout: number) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout, hookTimeout: 60_000 },
});

export default defineConfig({
  test: {
    projects: [
      suite('unit', 5_000),
      suite('integration', 30_000),
      suite('conformance', 120_000),
      suite('e2e', 60_000),
      suite('fuzz', 120_000),
    ],
  },
});
