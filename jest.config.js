import { availableParallelism } from 'node:os';

/** Jest in ES module mode (the bundles and @middy/core are ES modules); swc strips the types. */
export default {
  globalSetup: '<rootDir>/test/compile-validators.ts',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2024',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/.millrace'],
  testTimeout: 120_000,
  // Jest leaves one core to itself, of two the half; the stacks of more than four files at once would only fill the memory.
  maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
  testSequencer: '<rootDir>/test/slowest-first.js',
};
