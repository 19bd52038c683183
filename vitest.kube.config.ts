import { defineConfig } from 'vitest/config';

/** Tests against a real Kubernetes API server: `npm run test:kube`. */
export default defineConfig({
  test: {
    include: ['test/src/kube/*.kube.ts'],
    globalSetup: ['tools/kube/global-setup.mjs'],
    // One API server at a time: each has an etcd of its own and is idle most of the time, but starting takes both cores.
    fileParallelism: false,
    hookTimeout: 120_000,
    testTimeout: 30_000,
    reporters: ['default', './tools/summary-reporter.mjs'],
  },
});
