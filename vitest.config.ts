import { defineConfig } from 'vitest/config'

// CI counts the tests from a file; the command stays the one of the README.
const report = process.env.EXHOOK_TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real brokers and real servers share two cores: more files at once only make each of them slower.
    maxWorkers: 2,
  },
})
