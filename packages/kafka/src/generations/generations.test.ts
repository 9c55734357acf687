import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitAccounts } from '@custom-events/event'
import { createAnnouncements, type Announcements } from './announced.ts'
import { writeGeneration, type GenerationRecord } from './generation-record.ts'
import { createGenerations, type Generations } from './generations.ts'
import { waitOf } from './place.ts'

const LEASE_MS = 120_000
const OLD = 'events.tracked.v1'
const NEXT: GenerationRecord = {
  generation: 2,
  topic: `${OLD}.g2`,
  partitions: 48,
  isOpen: false,
}
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/** What one process knows, by clocks of its own. */
interface Process {
  readonly generations: Generations
  readonly announcements: Announcements
  /** A look that begins now and finds this. */
  readonly look: (found: readonly GenerationRecord[]) => void
  readonly take: (key: string, value: Buffer | null) => void
}

function createProcess(clocks: { monotonic: number; wall: number }, shards = 1): Process {
  const now = () => ({ ...clocks })
  const announcements = createAnnouncements('events.erased.v1', quiet, { now, shards })
  const generations = createGenerations({
    tracked: OLD,
    partitions: 12,
    announcements,
    leaseMs: LEASE_MS,
    now,
  })
  const take = (key: string, value: Buffer | null): void =>
    announcements.take({
      partition: 0,
      offset: 0,
      timestampMs: 0,
      key: Buffer.from(key),
      value,
      headers: {},
    })
  return {
    generations,
    announcements,
    take,
    look: (found) => {
      const asked = now()
      for (const record of found) take(`generation:${record.generation}`, bytesOf(record))
      announcements.readToEnd(asked)
    },
  }
}

function bytesOf(record: GenerationRecord): Buffer {
  return writeGeneration(record).value
}

function placed({ generations }: Process): readonly [string, number, boolean] {
  const { topic, partitions, closed } = generations.place()
  return [topic, partitions, closed === null]
}

test('nothing is taken before the first look, nor when the last was too long ago, by either clock', () => {
  for (const clock of ['monotonic', 'wall'] as const) {
    const clocks = { monotonic: 0, wall: 0 }
    const ingest = createProcess(clocks)
    assert.deepEqual(placed(ingest), [OLD, 12, false])
    ingest.look([])
    clocks[clock] = LEASE_MS
    assert.deepEqual(placed(ingest), [OLD, 12, true])
    clocks[clock] += 1
    assert.deepEqual(placed(ingest), [OLD, 12, false])
    assert.match(ingest.generations.place().closed ?? '', /was last read to its end 120 s ago/)
    ingest.look([])
    assert.deepEqual(placed(ingest), [OLD, 12, true])
  }
})

test('the old generation is left when the lease ends that no look renews, the next is entered after the wait', () => {
  const clocks = { monotonic: 0, wall: 0 }
  const at = (ms: number) => Object.assign(clocks, { monotonic: ms, wall: ms })
  const ingest = createProcess(clocks)
  ingest.look([])
  at(500)
  ingest.look([NEXT])
  at(LEASE_MS)
  ingest.look([])
  assert.deepEqual(placed(ingest), [OLD, 12, true])
  at(LEASE_MS + 1)
  ingest.look([])
  assert.deepEqual(placed(ingest), [OLD, 12, false])
  assert.match(ingest.generations.place().closed ?? '', /taken again in 3 s/)
  at(500 + waitOf(LEASE_MS) + 1)
  assert.deepEqual(placed(ingest), [NEXT.topic, 48, true])
})

test('who starts meanwhile waits for all of it, or until the command says that it is open', () => {
  const clocks = { monotonic: 0, wall: 0 }
  const [waiting, told] = [createProcess(clocks), createProcess(clocks)]
  for (const each of [waiting, told]) each.look([NEXT])
  assert.deepEqual([placed(waiting), placed(told)], [[OLD, 12, false], [OLD, 12, false]]) // prettier-ignore
  clocks.wall += 3_600_000 // set forward: it has not waited for that
  waiting.look([])
  assert.deepEqual(placed(waiting), [OLD, 12, false])
  told.look([{ ...NEXT, isOpen: true }])
  assert.deepEqual(placed(told), [NEXT.topic, 48, true])
  clocks.monotonic += waitOf(LEASE_MS) + 1
  waiting.look([])
  assert.deepEqual(placed(waiting), [NEXT.topic, 48, true])
})

test('what is not understood may say that accounts are placed elsewhere: the lease is not renewed', () => {
  const records: readonly (readonly [string, Buffer | null])[] = [
    ['generation:2', Buffer.from('{"v":3}')],
    ['generation:2', Buffer.from('{"v":2,"topic":"t","partitions":48,"shards":1}')],
    ['generation:2', Buffer.from('no JSON')],
    ['generation:1', bytesOf(NEXT)],
    ['generation:3', bytesOf({ ...NEXT, generation: 3 })],
  ]
  for (const [key, value] of records) {
    const clocks = { monotonic: 0, wall: 0 }
    const ingest = createProcess(clocks)
    ingest.look([])
    ingest.take(key, value)
    ingest.look([])
    clocks.monotonic = LEASE_MS + 1
    ingest.look([])
    assert.notEqual(ingest.generations.place().closed, null, `${key} ${String(value)}`)
    assert.notEqual(ingest.announcements.problem, null)
    assert.equal(ingest.generations.isKnown(), false)
  }
})

test('none is known before its predecessor: logs are registered in their order', () => {
  const ingest = createProcess({ monotonic: 0, wall: 0 })
  const third = { generation: 3, topic: `${OLD}.g3`, partitions: 64, isOpen: true }
  const topics = (): readonly string[] => ingest.generations.all.map(({ topic }) => topic)
  ingest.look([third])
  assert.deepEqual(topics(), [OLD])
  ingest.look([{ ...NEXT, isOpen: true }])
  assert.deepEqual(topics(), [OLD, NEXT.topic, third.topic])
  assert.deepEqual(placed(ingest), [third.topic, 64, true])
})

test('a generation is never forgotten, and means for ever what it meant', () => {
  const ingest = createProcess({ monotonic: 0, wall: 0 })
  ingest.look([{ ...NEXT, isOpen: true }])
  ingest.take('generation:2', null)
  ingest.look([])
  assert.deepEqual(placed(ingest), [NEXT.topic, 48, true])
  ingest.look([NEXT]) // an older record, of a topic that was filled again
  assert.deepEqual(placed(ingest), [NEXT.topic, 48, true])
  ingest.look([{ ...NEXT, partitions: 64 }])
  assert.match(ingest.announcements.problem ?? '', /64 partitions, and was .* 48 partitions before/)
  ingest.look([{ ...NEXT, isOpen: true }])
  assert.equal(ingest.announcements.problem, null)
})

test('what is split is placed by one generation, for ever, and by who counts the same shards', () => {
  const split = splitAccounts(['account_1', 'account_2'], 2)
  const next = { ...NEXT, split, isOpen: true }
  const clocks = { monotonic: 0, wall: 0 }
  const [ingest, other] = [createProcess(clocks, 2), createProcess(clocks)]
  for (const each of [ingest, other]) each.look([next])
  const { closed, split: read } = ingest.generations.place()
  assert.deepEqual([closed, read], [null, split])
  // Nor is it read there: events of one account would be inserted into several ClickHouses.
  assert.match(other.announcements.problem ?? '', /of one of 2 shards, and this program counts 1/)
  assert.deepEqual(other.generations.all.map(({ topic }) => topic), [OLD]) // prettier-ignore
  assert.match(other.generations.place().closed ?? '', /CLICKHOUSE_SHARDS.*: name 2/)
  const mended = splitAccounts(split?.ids ?? [], 1)
  other.look([{ ...next, split: mended }])
  assert.deepEqual([other.announcements.problem, placed(other)], [null, [NEXT.topic, 48, true]])
  for (const wrong of [
    undefined,
    splitAccounts(['account_1'], 2),
    splitAccounts(split?.ids ?? [], 4),
  ]) {
    ingest.look([{ ...next, split: wrong }])
    assert.match(ingest.announcements.problem ?? '', /splitting account_1, account_2 .* before/)
    clocks.monotonic += LEASE_MS + 1
    assert.notEqual(ingest.generations.place().closed, null, 'the lease is not renewed')
    ingest.look([next])
    assert.equal(ingest.generations.place().closed, null)
  }
  ingest.look([{ ...NEXT, generation: 3, topic: `${OLD}.g3`, isOpen: true }])
  assert.equal(ingest.generations.place().split, undefined, 'unsplit again by the next')
})

/**
 * Some processes whose clocks run apart, that look when they like, sleep when they like, and start when they like. The announcement
 * is there from 0 on. Times are those of the world, in milliseconds.
 */
const worlds = fc.array(
  fc.record({
    /** How fast its monotonic clock runs. */
    rate: fc.double({ min: 0.995, max: 1.005, noNaN: true }),
    /** Where its wall clock stands, and what it is set by later. */
    wall: fc.integer({ min: -1e9, max: 1e9 }),
    wallJump: fc.constantFrom(0, 0, -86_400_000, 86_400_000),
    /** When it looks; the first is its start. A look takes a moment, and finds what there was at its beginning or a bit more. */
    looks: fc.array(
      fc.oneof(fc.integer({ min: -200_000, max: 300_000 }), fc.integer({ min: -100, max: 100 })),
      { minLength: 1, maxLength: 12 },
    ),
    lookTakes: fc.integer({ min: 0, max: 30_000 }),
    findsLate: fc.boolean(),
    /** When it places an event. */
    places: fc.array(
      fc.oneof(
        fc.integer({ min: -100_000, max: 300_000 }),
        fc.integer({ min: LEASE_MS - 3_000, max: LEASE_MS + 3_000 }),
      ),
      { maxLength: 12 },
    ),
  }),
  { minLength: 2, maxLength: 4 },
)

test('nothing is placed in the old generation after anything was in the next, by anybody', () => {
  fc.assert(
    fc.property(worlds, (processes) => {
      let lastOld = -Infinity
      let firstNew = Infinity
      for (const { rate, wall, wallJump, looks, lookTakes, findsLate, places } of processes) {
        const clocks = { monotonic: 0, wall: 0 }
        const at = (ms: number): void => {
          clocks.monotonic = ms * rate
          clocks.wall = ms + wall + (ms > 50_000 ? wallJump : 0)
        }
        const ingest = createProcess(clocks)
        const timeline: { readonly ms: number; readonly run: () => void }[] = []
        for (const begins of looks.toSorted((one, other) => one - other)) {
          const ends = begins + lookTakes
          const isFound = begins >= 0 || (findsLate && ends >= 0)
          timeline.push({
            ms: ends,
            run: () => {
              at(begins)
              const asked = { ...clocks }
              at(ends)
              if (isFound) ingest.take('generation:2', bytesOf(NEXT))
              ingest.announcements.readToEnd(asked)
            },
          })
        }
        for (const ms of places) {
          timeline.push({
            ms,
            run: () => {
              const { topic, closed } = ingest.generations.place()
              if (closed !== null) return
              if (topic === OLD) lastOld = Math.max(lastOld, ms)
              else firstNew = Math.min(firstNew, ms)
            },
          })
        }
        for (const { ms, run } of timeline.toSorted((one, other) => one.ms - other.ms)) {
          at(ms)
          run()
        }
      }
      assert.ok(lastOld < firstNew, `the old one at ${lastOld}, the next at ${firstNew}`)
    }),
    { numRuns: 5_000 },
  )
})

test('a generation whose partitions the shards do not divide is not followed, and renews nothing', () => {
  const clocks = { monotonic: 0, wall: 0 }
  const process = createProcess(clocks, 5)
  process.look([NEXT]) // 48
  assert.match(process.announcements.problem ?? '', /48 partitions, no multiple of the 5 shards/)
  assert.deepEqual(process.generations.all.map(({ topic }) => topic), [OLD]) // prettier-ignore
  assert.match(process.generations.place().closed ?? '', /no multiple of the 5 shards/)

  process.look([{ ...NEXT, partitions: 50 }])
  assert.equal(process.announcements.problem, null)
  assert.equal(process.generations.all.length, 2)
})
