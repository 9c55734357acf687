/**
 * Files that take longest, so that none of them is left over when all others are done. `npm test` names the slowest.
 * Not side by side: those that keep the ClickHouse busy that all share, `half-done` and `delivery`.
 */
export const LONG = [
  'test/smoke/chaos.test.ts',
  'test/sdks/outage.test.ts',
  'test/consumer/half-done.test.ts',
  'test/consumer/complete-until.test.ts',
  'test/clickhouse/rollups.test.ts',
  'test/ingest/queryable.test.ts',
  'test/embedded/tools/tools.test.ts',
  'test/cookbook/queries.test.ts',
  'test/start/start.test.ts',
  'test/sdks/kafka-away.test.ts',
  'test/bench/bench.test.ts',
  'test/replay.test.ts',
  'test/embedded/limits.test.ts',
  'test/clickhouse/catalogue.test.ts',
  'test/bench/forks.test.ts',
  'test/embedded/program.test.ts',
  'test/consumer/delivery.test.ts',
  'test/kafka/direct-producers.test.ts',
  'test/consumer/outage.test.ts',
  'test/kafka/foreign.test.ts',
  'test/kafka/brokers.test.ts',
  'test/consumer/spoiled.test.ts',
  'test/sdks/journeys.test.ts',
  'test/hostile/battery.test.ts',
  'test/kafka/stuck.test.ts',
  'test/alerts/promtool.test.ts',
]

/** The files in the order in which they are begun: long ones first, the others as they come. */
export function longestFirst(files: readonly string[]): readonly string[] {
  const wanted = new Set(files)
  return [...new Set([...LONG.filter((file) => wanted.has(file)), ...files])]
}
