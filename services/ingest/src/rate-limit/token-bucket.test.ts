import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { createBucketTable } from './bucket-table.ts'
import { remainingEvents, takeFrom } from './token-bucket.ts'

const rules = fc.record({
  eventsPerSecond: fc.integer({ min: 1, max: 5_000 }),
  burstEvents: fc.integer({ min: 1, max: 5_000 }),
})
/** Requests of one producer, in time; a pause of 0 is a rush. */
const requests = fc.array(
  fc.record({
    pauseMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true })),
    events: fc.integer({ min: 1, max: 2_500 }),
  }),
  { minLength: 1, maxLength: 60 },
)

interface Taken {
  readonly atMs: number
  readonly events: number
}

/** In every window that begins and ends with a request: no other can hold more. */
function assertBound(
  taken: readonly Taken[],
  rule: { readonly eventsPerSecond: number; readonly burstEvents: number },
): void {
  for (const [from, first] of taken.entries()) {
    let events = 0
    let largest = 0
    for (const one of taken.slice(from)) {
      events += one.events
      largest = Math.max(largest, one.events)
      const seconds = (one.atMs - first.atMs) / 1_000
      const bound = Math.max(rule.burstEvents, largest) + rule.eventsPerSecond * seconds
      assert.ok(events <= bound + 1e-3, `${events} events in ${seconds} s, at most ${bound}`)
    }
  }
}

test('in any window at most burst + rate · t events are taken, or one larger request', () => {
  fc.assert(
    fc.property(rules, requests, (rule, sequence) => {
      const taken: Taken[] = []
      let [nowMs, fullAtMs] = [0, 0]
      for (const { pauseMs, events } of sequence) {
        nowMs += pauseMs
        const taking = takeFrom(rule, fullAtMs, events, nowMs)
        if (!taking.isTaken) assert.ok(taking.waitMs > 0)
        else taken.push({ atMs: nowMs, events })
        fullAtMs = taking.fullAtMs
      }
      assertBound(taken, rule)
    }),
  )
})

test('whoever waits as long as told is taken, however large the request', () => {
  fc.assert(
    fc.property(rules, requests, (rule, sequence) => {
      let [nowMs, fullAtMs] = [0, 0]
      for (const { pauseMs, events } of sequence) {
        nowMs += pauseMs
        const asked = takeFrom(rule, fullAtMs, events, nowMs)
        nowMs += asked.waitMs
        const again = takeFrom(rule, fullAtMs, events, nowMs)
        assert.equal(again.isTaken, true)
        fullAtMs = again.fullAtMs
      }
    }),
  )
})

test('a table of buckets', () => {
  const rule = { eventsPerSecond: 10, burstEvents: 100 }
  const table: readonly (readonly [
    used: number,
    events: number,
    isTaken: boolean,
    waitMs: number,
  ])[] = [
    [0, 1, true, 0],
    [0, 100, true, 0],
    [1, 100, false, 100],
    [60, 40, true, 0],
    [60, 41, false, 100],
    [100, 1, false, 100],
    [0, 2_500, true, 0], // more than it holds: taken when it is full
    [1, 2_500, false, 100],
  ]
  for (const [used, events, isTaken, waitMs] of table) {
    const taking = takeFrom(rule, 5_000 + used * 100, events, 5_000)
    assert.deepEqual([taking.isTaken, Math.round(taking.waitMs)], [isTaken, waitMs], `${used}`)
  }
  assert.deepEqual(
    [0, 1, 100, 2_500].map((used) => remainingEvents(rule, used * 100, 0)),
    [100, 99, 0, 0],
  )
})

test('no flood of names gives an account more than its bucket holds', () => {
  const names = fc.constantFrom('victim', ...Array.from({ length: 12 }, (_, n) => `flood-${n}`))
  const step = fc.record({
    name: names,
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
    events: fc.integer({ min: 1, max: 50 }),
  })
  fc.assert(
    fc.property(rules, fc.array(step, { maxLength: 120 }), (rule, steps) => {
      const buckets = createBucketTable(3)
      const takenByName = Map.groupBy<string, Taken & { readonly name: string }>([], () => '')
      let nowMs = 0
      for (const { name, pauseMs, events } of steps) {
        nowMs += pauseMs
        const taking = takeFrom(rule, buckets.fullAt(name, nowMs), events, nowMs)
        if (!taking.isTaken) continue
        buckets.set(name, taking.fullAtMs, nowMs)
        takenByName.set(name, [...(takenByName.get(name) ?? []), { name, atMs: nowMs, events }])
        assert.ok(buckets.size <= 3)
      }
      for (const taken of takenByName.values()) assertBound(taken, rule)
    }),
  )
})

test('buckets that are full again are forgotten, and then new names owe nothing', () => {
  const buckets = createBucketTable(3)
  for (let n = 0; n < 10; n += 1) buckets.set(`a-${n}`, 1_000, 0)
  assert.equal(buckets.size, 3)
  assert.equal(buckets.fullAt('new', 0), 1_000, 'what was evicted is owed by the unknown')
  assert.equal(buckets.fullAt('new', 1_000), 1_000, 'until it would be full')
  buckets.set('b', 3_000, 2_000)
  assert.equal(buckets.size, 1)
  assert.equal(buckets.fullAt('new', 2_000), 2_000)
})

test('a bucket keeps its name, not the body that the name was cut from', () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  const buckets = createBucketTable(100)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 64; n += 1) {
    const body = Buffer.alloc(500_000, `some account number ${10 + n} `).toString('latin1')
    buckets.set(body.slice(0, 22), 1_000, 0)
  }
  collect()
  assert.ok(process.memoryUsage().heapUsed - before < 8_000_000)
  assert.equal(buckets.size, 64)
  assert.equal(buckets.fullAt('some account number 73', 0), 1_000)
})
