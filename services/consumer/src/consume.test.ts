import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import {
  createMemoryBudget,
  createMemoryKafka,
  type Gate,
  type MemoryKafka,
} from '@custom-events/kafka'
import fc from 'fast-check'
import { consume } from './consume.ts'
import {
  createMemoryClickHouse,
  type Fate,
  type MemoryClickHouse,
} from './memory-clickhouse.fixture.ts'
import { createPersistence } from './persist.ts'
import { avroRoute, deadLetterRoute } from './route.ts'
import { createSetAside } from './set-aside.ts'
import { settle } from './settle.ts'

const TOPIC = 'events.tracked.v1'
const DEAD_LETTERS = 'events.tracked.v1.dlq'
const PARTITIONS = 2
const SCHEMA_ID = 1

const codec = createEventCodec()

function eventValue(index: number): Buffer {
  const event = {
    event_id: `id-${index}`,
    event: 'tested',
    group_id: 'account',
    user_id: null,
    anonymous_id: null,
    timestamp: 1_700_000_000_000 + index,
    sent_at: null,
    received_at: 1_700_000_000_000 + index,
    properties: '{}',
    context: '{}',
    extra: '{}',
    source: '',
  }
  return codec.encode(event, SCHEMA_ID)
}

/** A process: everything it holds in memory is gone when it crashes. */
interface Life {
  readonly ended: Promise<'crashed' | 'stopped'>
  readonly stop: AbortController
  readonly budget: ReturnType<typeof createMemoryBudget>
}

/** Far more than any scenario needs: a loop that never gets done fails instead of hanging. */
const MAX_STEPS = 10_000

class Crash extends Error {}

function startLife(world: World, gate: Gate, random: () => number): Life {
  const stop = new AbortController()
  const budget = createMemoryBudget(1_000_000)
  const consumer = world.kafka.join({ budget, gate, fetchRecords: 1 + Math.floor(random() * 4) })
  const producer = world.kafka.producer(gate)
  const clickhouse = world.clickhouse(gate)
  const registry = { schema: async () => (await gate('registry'), eventAvroSchema) }
  const status = { failed: () => {}, recovered: () => {}, outOfRange: () => {} }
  const sleep = () => gate('sleep')
  const run = consume(
    {
      consumer,
      routes: [
        avroRoute({ topic: TOPIC, table: 'events', readerSchema: eventAvroSchema, registry }),
        deadLetterRoute(DEAD_LETTERS),
      ],
      shutdownWithinMs: 60_000,
      doubtOffsets: 8 + 4, // the largest batch, and the fetch that fills it
      limits: () => ({ maxRows: 1 + Math.floor(random() * 8), maxBytes: 100_000, maxAgeMs: 500 }),
      budget,
      status,
      settle: ({ route, batch, inDoubt, stop: given, abandon }) => {
        const persistence = createPersistence({ stop: given, status, sleep })
        const target = { topic: DEAD_LETTERS, partitions: 1 }
        const setAside = createSetAside({ producer, target, persistence })
        const observe = { insertSeconds: () => {}, readBack: () => {}, tooManyParts: () => {} }
        const inserting = { clickhouse, setAside, persistence, budget, observe, abandon }
        const ports = { ...inserting, onUnknownSchema: 'halt' } as const
        return settle(ports, { route, records: batch.records, inDoubt })
      },
      observe: {
        settled: () => {},
        abandoned: () => {},
        committed: () => {},
        positions: () => {},
      },
      now: () => world.clock.nowMs,
    },
    stop.signal,
  )
  const ended = run.then(
    () => 'stopped' as const,
    (error: unknown) => {
      if (!(error instanceof Crash)) throw error
      return 'crashed' as const
    },
  )
  return { stop, budget, ended: ended.finally(() => consumer.vanish()) }
}

interface World {
  readonly kafka: MemoryKafka
  readonly clock: { nowMs: number }
  readonly clickhouse: (gate: Gate) => MemoryClickHouse
  readonly rows: (table: string) => readonly { partition: number; offset: number }[]
}

function createWorld(fates: () => Fate, isPoison: (place: string) => boolean): World {
  const clock = { nowMs: 0 }
  const partitionsByTopic = { [TOPIC]: PARTITIONS, [DEAD_LETTERS]: 1 }
  let gateOfCaller: Gate = async () => {}
  const store = createMemoryClickHouse({
    gate: (point) => gateOfCaller(point),
    fate: fates,
    isPoison: ({ partition, offset }, table) =>
      table !== 'dead_letters' && isPoison(`${partition}/${offset}`),
  })
  return {
    clock,
    kafka: createMemoryKafka({ partitionsByTopic, clock }),
    // One store, and every process goes to it through its own gate.
    clickhouse: (gate) => ({
      rows: store.rows,
      insertNative: (insert) => ((gateOfCaller = gate), store.insertNative(insert)),
      offsetsPresent: (question) => ((gateOfCaller = gate), store.offsetsPresent(question)),
    }),
    rows: store.rows,
  }
}

const scenario = fc.record({
  records: fc.integer({ min: 1, max: 24 }),
  /** Places of records that do not decode, and of rows that ClickHouse refuses. */
  undecodable: fc.uniqueArray(fc.nat({ max: 23 }), { maxLength: 2 }),
  refused: fc.uniqueArray(fc.nat({ max: 23 }), { maxLength: 2 }),
  fates: fc.array(fc.constantFrom<Fate>('ok', 'refused', 'lost', 'half', 'memory', 'garbled'), {
    maxLength: 12,
  }),
  /** After so many steps of a process it crashes; then the next number holds. */
  crashes: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
  processes: fc.integer({ min: 1, max: 2 }),
  random: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
})

async function runScenario(
  given: typeof scenario extends fc.Arbitrary<infer T> ? T : never,
  schedule: (point: string) => Promise<void>,
): Promise<{ world: World; lives: readonly Life[]; places: readonly string[] }> {
  const fates = [...given.fates]
  const refusedPlaces = new Set<string>()
  const world = createWorld(
    () => fates.shift() ?? 'ok',
    (place) => refusedPlaces.has(place),
  )
  const places: string[] = []
  for (let index = 0; index < given.records; index++) {
    const isUndecodable = given.undecodable.includes(index)
    const value = isUndecodable ? Buffer.from('garbage') : eventValue(index)
    const partition = index % PARTITIONS
    const offset = world.kafka.append({ topic: TOPIC, partition }, { key: null, value })
    const place = `${partition}/${offset}`
    places.push(place)
    if (given.refused.includes(index) && !isUndecodable) refusedPlaces.add(place)
  }
  const done = Promise.withResolvers<void>()
  const isDone = (): boolean =>
    [0, 1].every((partition) => isCommitted(world, { topic: TOPIC, partition })) &&
    isCommitted(world, { topic: DEAD_LETTERS, partition: 0 })

  const crashes = [...given.crashes]
  const random = (): number => given.random.next().value ?? 0
  const lives: Life[] = []
  const failed = Promise.withResolvers<never>()
  const spawn = (): void => {
    let steps = crashes.shift() ?? Infinity
    const gate: Gate = async (point) => {
      await schedule(point)
      if (isDone()) done.resolve()
      if (--steps < 0) throw new Crash(point)
    }
    const life = startLife(world, gate, random)
    lives.push(life)
    life.ended.then((how) => {
      if (how === 'crashed') spawn()
    }, failed.reject)
  }
  for (let index = 0; index < given.processes; index++) spawn()
  await Promise.race([done.promise, failed.promise])
  for (const life of lives) life.stop.abort()
  await Promise.all(lives.map(({ ended }) => ended))
  return { world, lives, places }
}

function isCommitted(world: World, at: { topic: string; partition: number }): boolean {
  return world.kafka.committed(at) === world.kafka.records(at).length
}

function placesOf(rows: readonly { partition: number; offset: number }[]): readonly string[] {
  return rows.map(({ partition, offset }) => `${partition}/${offset}`).toSorted()
}

test('whatever crashes and whichever answers are lost: every record once, poison set aside', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, fc.scheduler(), async (given, scheduler) => {
      let steps = 0
      const schedule = async (point: string): Promise<void> => {
        if (++steps > MAX_STEPS) throw new Error(`no end after ${steps} steps, at ${point}`)
        await scheduler.schedule(Promise.resolve(), point)
      }
      const { world, lives, places } = await scheduler.waitFor(runScenario(given, schedule))

      const deadLetters = world.kafka.records({ topic: DEAD_LETTERS, partition: 0 })
      const setAside = new Set(
        deadLetters.map(({ headers }) => {
          const header = (name: string) => headers[`__connect.errors.${name}`]?.toString()
          return `${header('partition')}/${header('offset')}`
        }),
      )
      const poison = places.filter(
        (_, index) => given.undecodable.includes(index) || given.refused.includes(index),
      )
      assert.deepEqual([...setAside].toSorted(), poison.toSorted(), 'dead letters')
      const good = places.filter((place) => !poison.includes(place))
      assert.deepEqual(placesOf(world.rows('events')), good.toSorted(), 'rows of events, physical')
      assert.deepEqual(
        placesOf(world.rows('dead_letters')),
        placesOf(deadLetters),
        'rows of dead_letters, physical',
      )
      const living = lives.at(-1)
      assert.equal(living?.budget.usedBytes, 0, 'memory is given back')
    }),
    { numRuns: 150, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  )
})
