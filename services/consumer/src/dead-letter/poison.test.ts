import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNDECODABLE } from '@custom-events/codec'
import fc from 'fast-check'
import {
  createPoisonWindow,
  isTooMuchPoison,
  judgeUndecodable,
  type PoisonCount,
  type PoisonWindow,
} from './poison.ts'

/** A batch of which all that is bad was found at once. */
function settle(window: PoisonWindow, { bad, records }: PoisonCount): void {
  window.began(records)
  window.setAside(bad)
  window.settled()
}

function isTooMuch(window: PoisonWindow, { bad, records }: PoisonCount): boolean {
  window.began(records)
  return window.isTooMuch(bad)
}

test('up to 100 bad records or a fifth are bad data, more is a bad deploy', () => {
  const cases = [
    [1, 1, false],
    [100, 100, false],
    [101, 400, true],
    [200, 1_000, false],
    [201, 1_000, true],
    [0, 0, false],
  ] as const
  for (const [bad, records, expected] of cases) {
    assert.equal(isTooMuchPoison({ bad, records }), expected, `${bad} of ${records}`)
  }
})

test('a schema that the registry does not have halts whatever the count, unless told otherwise', () => {
  const window = createPoisonWindow()
  const unknown = (count: number) => Array.from({ length: count }, () => 'unknown_schema' as const)
  const cases = [
    ['halt', unknown(1), 50_000, 'unknown_schema'],
    ['halt', unknown(100), 100, 'unknown_schema'],
    ['halt', ['tombstone', ...unknown(1)], 50_000, 'unknown_schema'],
    ['dead_letter', unknown(1), 50_000, 'set_aside'],
    ['dead_letter', unknown(5_000), 5_000, 'set_aside'],
    ['halt', ['tombstone'], 1, 'set_aside'],
    ['halt', [], 1, 'set_aside'],
  ] as const
  for (const [onUnknownSchema, reasons, records, expected] of cases) {
    window.began(records)
    const verdict = judgeUndecodable(reasons, { onUnknownSchema, window })
    assert.equal(verdict, expected, `${onUnknownSchema} ${reasons.length} of ${records}`)
  }
})

test('every other kind of poison is set aside up to the limit, and halts beyond it', () => {
  for (const reason of UNDECODABLE.filter((each) => each !== 'unknown_schema')) {
    for (const onUnknownSchema of ['halt', 'dead_letter'] as const) {
      const window = createPoisonWindow()
      window.began(400)
      const judge = (bad: number) =>
        judgeUndecodable(
          Array.from({ length: bad }, () => reason),
          { onUnknownSchema, window },
        )
      assert.deepEqual([judge(100), judge(101)], ['set_aside', 'too_much_poison'], reason)
    }
  }
})

test('a bad deploy does not pass in many small batches', () => {
  const cases = [
    ['no history', 0, 100],
    ['some history', 1_000, 250], // a fifth of 1,250
    ['a full window', 5_000, 1_000],
    ['a long history counts no more than a full window', 50_000, 1_000],
  ] as const
  for (const [title, goodBefore, expected] of cases) {
    const window = createPoisonWindow({ windowRecords: 5_000 })
    for (let done = 0; done < goodBefore; done += 50) settle(window, { bad: 0, records: 50 })
    let setAside = 0
    const batch = { bad: 50, records: 50 }
    while (setAside < 50_000 && !isTooMuch(window, batch)) {
      settle(window, batch)
      setAside += batch.bad
    }
    assert.equal(setAside, expected, title)
  }
})

test('what is older than the window is forgiven', () => {
  const window = createPoisonWindow({ windowRecords: 5_000 })
  settle(window, { bad: 100, records: 100 })
  assert.equal(isTooMuch(window, { bad: 1, records: 1 }), true)
  settle(window, { bad: 0, records: 5_000 })
  assert.equal(isTooMuch(window, { bad: 100, records: 100 }), false)
})

test('whatever the sizes of the batches, never more than the limit of the window is set aside', () => {
  const batches = fc.array(
    fc
      .record({
        records: fc.integer({ min: 1, max: 300 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ records, share }) => ({ records, bad: Math.floor(records * share) })),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(batches, (list) => {
      const window = createPoisonWindow({ windowRecords: 1_000 })
      const settled: { records: number; bad: number }[] = []
      for (const batch of list) {
        if (isTooMuch(window, batch)) continue
        settle(window, batch)
        settled.push(batch)
        // The last 1,000 records, or all while there are fewer, in whole batches.
        const last = { bad: 0, records: 0 }
        for (const each of settled.toReversed()) {
          if (last.records >= 1_000) break
          last.bad += each.bad
          last.records += each.records
        }
        assert.equal(batch.bad > 0 && isTooMuchPoison(last), false)
      }
    }),
  )
})

test('what an operator has allowed is set aside once, told, and ends by itself', () => {
  const told: (readonly [number, number])[] = []
  const window = createPoisonWindow({
    allowed: 200,
    onAllowed: (setAside, left) => void told.push([setAside, left]),
  })
  assert.equal(isTooMuch(window, { bad: 201, records: 201 }), true, 'not more than was allowed')
  assert.equal(isTooMuch(window, { bad: 160, records: 160 }), false)
  settle(window, { bad: 160, records: 160 })
  assert.deepEqual([told, window.allowed], [[[160, 40]], 40])
  assert.equal(
    isTooMuch(window, { bad: 41, records: 41 }),
    false,
    'ordinary bad data is none of it',
  )
  settle(window, { bad: 41, records: 41 })
  assert.equal(window.allowed, 40)
  assert.equal(isTooMuch(window, { bad: 101, records: 101 }), true)
})

test('ordinary bad data uses up nothing of what was allowed', () => {
  const window = createPoisonWindow({ allowed: 1_000, onAllowed: () => assert.fail('told') })
  for (let batch = 0; batch < 100; batch++) settle(window, { bad: 1, records: 100 })
  assert.equal(window.allowed, 1_000)
})

test('a process that is started anew lets no more pass than the limit, each time', () => {
  for (let start = 0; start < 5; start++) {
    const window = createPoisonWindow()
    let setAside = 0
    while (!isTooMuch(window, { bad: 10, records: 10 }) && setAside < 1_000) {
      settle(window, { bad: 10, records: 10 })
      setAside += 10
    }
    assert.equal(setAside, 100)
    assert.equal(isTooMuch(window, { bad: 1, records: 50_000 }), false, 'good data goes on')
  }
})

test('what of one batch is found bad in steps counts together', () => {
  const window = createPoisonWindow()
  window.began(300)
  assert.equal(window.isTooMuch(80), false)
  window.setAside(80)
  assert.deepEqual([window.isTooMuch(20), window.isTooMuch(21)], [false, true])
  window.began(300)
  assert.equal(window.isTooMuch(100), false, 'one that was given up counts for nothing')
})

test('whatever is found in whatever steps, no more that is too much passes than was allowed', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 4 })
  const batches = fc.array(fc.record({ steps, good: fc.nat({ max: 100 }) }), { maxLength: 20 })
  fc.assert(
    fc.property(fc.nat({ max: 500 }), batches, (allowed, list) => {
      const window = createPoisonWindow({ allowed })
      let tooMuch = 0
      for (const batch of list) {
        const bad = batch.steps.reduce((sum, each) => sum + each, 0)
        const records = bad + batch.good
        window.began(records)
        const isHalted = batch.steps.some((each) => {
          if (window.isTooMuch(each)) return true
          window.setAside(each)
          return false
        })
        if (isHalted) continue
        window.settled()
        if (isTooMuchPoison({ bad, records })) tooMuch += bad
      }
      assert.ok(tooMuch <= allowed - window.allowed, `${tooMuch} of ${allowed}`)
    }),
  )
})
