import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryBudget } from '@custom-events/kafka'
import { createFakeClock, createFakeKafka } from '@custom-events/kafka/testing'
import { eventually } from '../../../../test/support/eventually.ts'
import { consume } from '../consume.ts'
import { abandonAfterMs, abortedAfter, systemClock } from './deadline.ts'
import { NOBODY_KNOWN } from '../erased/known-erased.ts'
import { createFakeClickHouse, type Fate } from '../testing/fake-clickhouse.fixture.ts'
import { createRetryLoop } from '../insert/retry-loop.ts'
import { deadLetterRoute } from '../read/route.ts'
import { settle } from '../insert/settle.ts'

const TOPIC = 't'
const at = { topic: TOPIC, partition: 0 }
const TIMEOUT = { timeout: 20_000 }

test('seconds are left for committing and closing, of a short limit its half', () => {
  const cases = [
    [42_000, 37_000],
    [30_000, 25_000],
    [6_000, 3_000],
    [100, 50],
  ] as const
  for (const [limitMs, expected] of cases) assert.equal(abandonAfterMs(limitMs), expected)
})

test('the later signal follows the first, also one that is aborted already', TIMEOUT, async () => {
  const first = new AbortController()
  const later = abortedAfter(first.signal, 1, systemClock)
  assert.equal(later.aborted, false)
  first.abort()
  for (const each of [later, abortedAfter(first.signal, 1, systemClock)]) await aborted(each)
})

test(
  'a service that stops while ClickHouse hangs commits nothing and is done in time',
  TIMEOUT,
  async () => {
    const world = createWorld()
    const { running, shutdown } = world.start({ shutdownWithinMs: 100 })
    await world.insertBegan
    shutdown.abort()
    await running
    assert.equal(world.kafka.committed(at), 0)
    await world.isSettledByTheNext()
  },
)

test(
  'partitions that are revoked while ClickHouse hangs are released in time',
  TIMEOUT,
  async () => {
    const world = createWorld()
    const first = world.start({ shutdownWithinMs: 60_000, releaseWithinMs: 100 })
    await world.insertBegan
    await world.isSettledByTheNext() // it joins, for which the first must let go
    first.shutdown.abort()
    await first.running
  },
)

/** A hanging insert keeps no timer: this keeps the process alive meanwhile. */
async function aborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => {}, 1_000)
  const isAborted = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => isAborted.resolve(), { once: true })
  if (signal.aborted) isAborted.resolve()
  await isAborted.promise
  clearInterval(alive)
}

/** Three records, and a ClickHouse that takes the first insert and never answers it. */
function createWorld() {
  const clock = createFakeClock()
  const kafka = createFakeKafka({ partitionsByTopic: { [TOPIC]: 1 }, clock })
  for (let index = 0; index < 3; index++) kafka.append(at, { key: null, value: Buffer.from('v') })
  const began = Promise.withResolvers<void>()
  const fates: Fate[] = ['hangs']
  const clickhouse = createFakeClickHouse({
    gate: async (point) => {
      if (point === 'insert') began.resolve()
    },
    fate: () => fates.shift() ?? 'ok',
  })
  const start = (within: {
    readonly shutdownWithinMs: number
    readonly releaseWithinMs?: number
  }) => {
    const shutdown = new AbortController()
    const budget = createMemoryBudget(1_000_000)
    const gate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    const consumer = kafka.join({ budget, gate, fetchRecords: 3, ...within })
    const status = { failed: () => {}, recovered: () => {}, outOfRange: () => {} }
    const running = consume(
      {
        consumer,
        routes: () => [deadLetterRoute(TOPIC)],
        learnLogs: async (logs) => logs.map((log) => ({ ...log, generation: 1 })),
        limits: {
          current: () => ({ maxRows: 1, maxBytes: 1_000, maxAgeMs: 1_000 }),
          inserted: () => {},
        },
        inDoubtOffsets: 10,
        shutdownWithinMs: within.shutdownWithinMs,
        budget,
        status,
        settle: ({ route, batch, inDoubt, stop, abandon }) => {
          const retryLoop = createRetryLoop({ stop, status, sleep: async () => {} })
          const observe = { insertSeconds: () => {}, readBack: () => {} }
          const ports = { clickhouse, retryLoop, budget, observe, abandon }
          return settle(
            {
              ...ports,
              confirm: async () => {},
              erased: async () => NOBODY_KNOWN,
              onTooManyParts: () => {},
              setAside: async () => {},
              onUnknownSchema: 'halt',
            },
            { route, records: batch.records, encoded: batch.encoded, inDoubt },
          )
        },
        observe: {
          settled: () => {},
          abandoned: () => {},
          committed: () => {},
          gaps: () => {},
          assigned: () => {},
          positions: () => {},
        },
        clock: systemClock,
      },
      shutdown.signal,
    ).finally(() => consumer.vanish())
    return { running, shutdown }
  }
  return {
    kafka,
    insertBegan: began.promise,
    start,
    /** The next owner reads back what the hanging insert wrote: every record is there, once. */
    isSettledByTheNext: async (): Promise<void> => {
      const next = start({ shutdownWithinMs: 60_000 })
      try {
        await eventually(() => assert.equal(kafka.committed(at), 3), { everyMs: 5 })
      } finally {
        next.shutdown.abort()
        await next.running
      }
      const offsets = clickhouse.rows('dead_letters').map(({ offset }) => offset)
      assert.deepEqual(offsets, [0, 1, 2])
    },
  }
}
