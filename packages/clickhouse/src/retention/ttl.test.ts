import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY_MS, firstKeptDay, ttlExpression } from './ttl.ts'

const time = 'timestamp'

test('what is kept for ever has no TTL, also when an event says so itself', () => {
  assert.equal(ttlExpression({ time }, { days: null }), null)
  assert.equal(ttlExpression({ time }, { days: null, daysByEvent: new Map([['a', null]]) }), null)
})

test('events with the days of all others are not named, names are quoted', () => {
  const daysByEvent = new Map([
    ['same', 30],
    [`it's \\`, 7],
    ['stays', null],
  ])
  assert.match(
    ttlExpression({ time }, { days: 30, daysByEvent }) ?? '',
    /transform\(toString\(event\), \['it\\'s \\\\', 'stays'\], \[7, 1000000\], 30\)/,
  )
})

test('the first day that is kept is the first of a month, and all before it are older than the days', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 36_500 }),
      fc.integer({ min: 0, max: 40_000 }),
      (days, today) => {
        const first = firstKeptDay(days, today)
        assert.equal(new Date(first * DAY_MS).getUTCDate(), 1)
        assert.ok(first - 1 < today - days, 'nothing younger is gone')
        assert.ok(first > today - days - 63, 'nothing stays for two months longer')
      },
    ),
  )
})
