import assert from 'node:assert/strict'
import { eventAvroSchema } from '@custom-events/codec'
import { createMemoryBudget, SchemaRegistryError, type MemoryBudget } from '@custom-events/kafka'
import { type Gate, type FakeConsumer } from '@custom-events/kafka/testing'
import { consume, type ConsumePorts } from '../../consume.ts'
import type { Clock } from '../../batch/deadline.ts'
import { createFakeClickHouse } from '../fake-clickhouse.fixture.ts'
import { createRetryLoop } from '../../insert/retry-loop.ts'
import { avroRoute, deadLetterRoute } from '../../read/route.ts'
import { createSetAside } from '../../dead-letter/set-aside.ts'
import { settle } from '../../insert/settle.ts'
import { DEAD_LETTERS, TOPIC } from './judge.fixture.ts'
import type { Place } from './situations.fixture.ts'
import { watchConsumer, watchLoop, type Whereabouts } from './watch.fixture.ts'
import { GENERATIONS, type World } from './world.fixture.ts'

/** Of a service that stops, and of partitions that are revoked. */
const DEADLINE_MS = 60_000
/** Of one request to ClickHouse; longer than any deadline, which must not wait for it. */
const REQUEST_LIMIT_MS = 120_000

/** One process of the consumer: what it holds in memory is gone when it crashes. */
export interface Process {
  readonly consumer: FakeConsumer
  readonly place: Place
  readonly hasEnded: boolean
  /** Dies where it is: none of its code runs any more. */
  crash(): void
  /** As after SIGTERM. */
  stop(): void
}

export function startProcess(
  world: World,
  tell: {
    readonly ended: (how: 'crashed' | 'stopped') => void
    readonly failed: (error: unknown) => void
  },
): Process {
  const { clock, scenario, random } = world
  const shutdown = new AbortController()
  const budget = createMemoryBudget(scenario.budgetBytes)
  const at: Whereabouts = {
    place: 'waiting',
    hasEnded: false,
    stoppedAtMs: null,
    revokedAtMs: null,
  }
  const gate: Gate = async (point) => {
    if (at.hasEnded) return never
    at.place = placeOf(point, budget)
    await world.scheduler.schedule(Promise.resolve(), point)
    if (at.hasEnded) await never
  }
  const member = { budget, gate, fetchRecords: scenario.fetchRecords, releaseWithinMs: DEADLINE_MS }
  const consumer = world.kafka.join(member)
  const end = (how: 'crashed' | 'stopped'): void => {
    if (at.hasEnded) return
    at.hasEnded = true
    if (budget.pauses > 0) world.note('fetching paused for memory')
    if (how === 'stopped') assert.equal(budget.usedBytes, 0, 'memory is given back')
    consumer.vanish()
    tell.ended(how)
  }
  const loopClock: Clock = { now: () => clock.nowMs, later: (ms, call) => clock.later(ms, call) }
  const watched = watchConsumer({ world, consumer, at })
  const sleep = async (_ms: number, signal: AbortSignal): Promise<void> => {
    await gate('sleep')
    const woken = Promise.withResolvers<void>()
    clock.later(random.logUniform(1, 30_000), woken.resolve) // the loop's own jitter follows no seed
    signal.addEventListener('abort', () => woken.resolve(), { once: true })
    if (!signal.aborted) await woken.promise
  }
  const ports = portsOf({ world, gate, at, budget, sleep, consumer: watched })
  consume({ ...ports, budget, clock: loopClock }, shutdown.signal)
    .then(() => end('stopped'), tell.failed)
    .catch(tell.failed)
  return {
    consumer,
    get place() {
      return at.place
    },
    get hasEnded() {
      return at.hasEnded
    },
    crash: () => end('crashed'),
    stop: () => {
      at.stoppedAtMs ??= clock.nowMs
      shutdown.abort('stopped')
    },
  }
}

const never = new Promise<never>(() => {})

function placeOf(point: string, budget: MemoryBudget): Place {
  if (point !== 'fetch' && point !== 'gather') return point as Place // the gates of the fakes are the places
  return budget.usedBytes > 0 ? 'batching' : 'waiting'
}

/** The real loop's ports, with every fault of the scenario in them. */
function portsOf(of: {
  readonly world: World
  readonly gate: Gate
  readonly at: Whereabouts
  readonly budget: MemoryBudget
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly consumer: ReturnType<typeof watchConsumer>
}): Omit<ConsumePorts, 'budget' | 'clock'> {
  const { world, gate, at, budget, sleep, consumer } = of
  const { scenario, clock, random } = world
  const { maxRows, fetchRecords } = scenario
  const loop = watchLoop({ world, at })
  const producer = world.kafka.producer(gate)
  const clickhouse = createFakeClickHouse({
    gate,
    tables: world.tables,
    fate: loop.fate,
    isPoison: (row, table) => table.startsWith('events') && world.isRefused(row),
    isAnswered: world.next.isAnswered,
    views: scenario.hasView ? [{ database: 'o', name: 'v' }] : [],
    isZombie: () => consumer.isZombie(),
    later: (call) => clock.later(random.logUniform(1, 60_000), call),
    timeLimit: async (signal) => {
      const over = Promise.withResolvers<void>()
      clock.later(REQUEST_LIMIT_MS, over.resolve)
      await over.promise
      if (signal?.aborted !== true) loop.overdue(DEADLINE_MS)
    },
  })
  const registry = { schema: (id: number) => schema(world, gate, id) }
  return {
    consumer,
    routes: () => [
      avroRoute({ topic: TOPIC, table: 'events', readerSchema: eventAvroSchema, registry }),
      deadLetterRoute(DEAD_LETTERS),
    ],
    learnLogs: async (logs) => {
      await gate('learn')
      const { tracked, deadLetters } = GENERATIONS
      return logs.map((log) => ({
        ...log,
        generation: log.topic === TOPIC ? tracked : deadLetters,
      }))
    },
    limits: {
      current: () => ({ maxRows, maxBytes: 100_000, maxAgeMs: 500 }),
      inserted: () => {},
    },
    inDoubtOffsets: maxRows + fetchRecords, // the largest batch: as many and what the last fetch brings
    shutdownWithinMs: DEADLINE_MS,
    status: loop.status,
    settle: ({ route, batch, inDoubt, stop, abandon }) => {
      const retryLoop = loop.watched(createRetryLoop({ stop, status: loop.status, sleep }))
      const target = { topic: DEAD_LETTERS, partitions: 1 }
      const setAside = createSetAside({ producer, target, retryLoop })
      const observe = { insertSeconds: () => {}, readBack: () => {} }
      const confirm = async (): Promise<void> => {} // one database throughout
      const inserting = {
        clickhouse,
        confirm,
        erased: async () => world.erasure.known(),
        setAside,
        retryLoop,
        budget,
        observe,
        abandon,
        onTooManyParts: () => {},
      }
      const { records, encoded } = batch
      if (encoded !== null) world.note('a block was made ahead')
      const job = { route, records, encoded, inDoubt }
      return settle({ ...inserting, onUnknownSchema: 'halt' }, job)
    },
    observe: loop.observe,
  }
}

/** Away at times; restored empty at times, and then for real. */
async function schema(world: World, gate: Gate, id: number): Promise<string> {
  await gate('registry')
  const fate = world.next.registry(id)
  if (fate === 'away') {
    world.note('the registry was away')
    throw new SchemaRegistryError('unavailable', 'fake', null)
  }
  if (fate === 'unknown') {
    world.note('the registry did not know a schema for a while')
    throw new SchemaRegistryError('unknown', 'fake', null)
  }
  return eventAvroSchema
}
