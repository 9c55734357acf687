/** Which tests are run together, by patterns of their paths: every test belongs to one group. */
export const GROUPS = {
  unit: ['{packages,services,cli,embedded,tools}/**/*.test.ts'],
  integration: [
    'test/{alerts,bench,chaos,clickhouse,consumer,cookbook,embedded,hostile,ingest,kafka,sdks,sealing,start}/**/*.test.ts',
  ],
  // The only group that also runs on containers.
  e2e: ['test/*.test.ts'],
  // On docker-compose.yml, with its images at hand: see tools/test-containers.sh.
  containers: ['test/containers/*.test.ts'],
  // On servers of its own, which it kills; last and alone, so that it disturbs nobody.
  chaos: ['test/smoke/**/*.test.ts'],
} as const
export type Group = keyof typeof GROUPS
