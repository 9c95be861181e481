import { defineConfig } from 'vitest/config';

const suite = (
  name: string,
  testTimeout: number,
  extra: {
    include?: string[];
    globalSetup?: string;
    setupFiles?: string;
    env?: Record<string, string>;
  } = {},
) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 60_000,
    ...extra,
  },
});

const realServers = {
  globalSetup: 'test/support/tools-setup.ts',
  setupFiles: 'test/support/server-logs.ts',
};

export default defineConfig({
  test: {
    expect: { poll: { timeout: 20_000 } },
    projects: [
      suite('unit', 30_000),
      suite('integration', 30_000, realServers),
      suite('conformance', 120_000, realServers),
      suite('e2e', 60_000, realServers),
      suite('fault', 60_000, realServers),
      suite('fuzz', 120_000),
      // What depends on the transport, once more with the other one.
      suite('grpc-js', 60_000, {
        ...realServers,
        include: [
          'test/integration/sources/**/*.test.ts',
          'test/integration/process/{drain,workers}.test.ts',
          'test/conformance/{client,go-client}.test.ts',
          'test/e2e/**/*.test.ts',
        ],
        env: { TRANSPORT: 'grpc-js' },
      }),
    ],
  },
});
