import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantedRetention } from './wanted.ts'

const config = {
  CLICKHOUSE_RETENTION_DAYS: -1,
  CLICKHOUSE_REJECTED_RETENTION_DAYS: -1,
  CLICKHOUSE_DEAD_LETTERS_RETENTION_DAYS: -1,
  CLICKHOUSE_ROLLUP_RETENTION_DAYS: -1,
  AUDIT_RETENTION_DAYS: -1,
}
const none = new Map<string, number | null>()
const plans = { retention: none }

test('what is not said stays as it is', () => {
  assert.deepEqual(wantedRetention(config, plans, none), {})
  assert.deepEqual(wantedRetention(config, plans, new Map([['', 30]])), {})
})

test('rejected events go with the events, unless they have days of their own', () => {
  const asked = { ...config, CLICKHOUSE_RETENTION_DAYS: 30 }
  assert.deepEqual(wantedRetention(asked, plans, none).rejected, { days: 30 })
  const own = { ...asked, CLICKHOUSE_REJECTED_RETENTION_DAYS: 0 }
  assert.deepEqual(wantedRetention(own, plans, none).rejected, { days: null })
  assert.deepEqual(wantedRetention(own, plans, none).deadLetters, undefined)
})

test('a plan with days leaves those of all others as they are', () => {
  const retention = new Map([['ping', 7]])
  const wanted = wantedRetention(config, { retention }, new Map([['', 90]]))
  assert.deepEqual(wanted, { events: { days: 90, daysByEvent: retention } })
})

test('an event whose plan says nothing any more is one of the others again', () => {
  const inForce = new Map([
    ['', null],
    ['ping', 7],
  ])
  assert.deepEqual(wantedRetention(config, plans, inForce), {
    events: { days: null, daysByEvent: none },
  })
})
