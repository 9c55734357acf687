import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Erasure, ErasureState } from '@custom-events/clickhouse'
import { erasedIdOf } from '@custom-events/event'
import { openLedger } from './ledger.ts'
import { spread, together } from './spread.ts'

const row = (state: ErasureState, change: Partial<Erasure> = {}): Erasure => ({
  erasureId: 'e',
  id: erasedIdOf('user', 'u'),
  userHash: '7',
  timestampBefore: null,
  askedAt: 1,
  askedBy: 'tester',
  state,
  announcedAt: null,
  announcedOffset: null,
  found: {},
  pending: {},
  finishedAt: null,
  receiptSha256: '',
  step: 3,
  ...change,
})

test('an erasure is as far as the shard that is furthest behind', () => {
  const cases: readonly (readonly [...(ErasureState | null)[]])[] = [
    ['done', 'done', 'done'],
    ['settled', 'done', 'settled'],
    ['asked', 'hidden', 'asked'],
    ['asked', 'done', null], // a restored shard has forgotten it
    ['asked', null, 'settled'],
    ['lifted', 'lifted', null],
  ]
  for (const [expected, ...states] of cases) {
    const rows = states.map((state) => (state === null ? null : row(state)))
    assert.equal(together(rows)?.state, expected, states.join())
  }
  assert.equal(together([null, null]), null)
})

test('what was found on several shards is added up, and each erasure is there once', () => {
  const [first, ...others] = spread([
    [row('done', { found: { events: 2 } }), row('done', { erasureId: 'f', askedAt: 0 })],
    [row('done', { found: { events: 1, rejected_events: 4 }, announcedAt: 9 })],
  ])
  assert.equal(first?.erasureId, 'f', 'the latest last')
  assert.deepEqual(others.map(({ found, announcedAt }) => [found, announcedAt]), [
    [{ events: 3, rejected_events: 4 }, 9],
  ]) // prettier-ignore
})

/** A table `erasures` of one shard. */
function place() {
  const written: { readonly state: string; readonly found: unknown; readonly pending: unknown }[] =
    []
  let isAway = false
  let last = 0
  return {
    written,
    goAway: (): void => void (isAway = true),
    clickhouse: {
      query: async <Row>() => [{ last }] as Row[],
      command: async (_: string, params: Readonly<Record<string, unknown>> = {}) => {
        if (isAway) throw new Error('away')
        const { state, found, pending } = params
        last = Math.max(last, Number(params['step']))
        const counts = (of: unknown) => Object.fromEntries(of as Map<string, number>)
        written.push({ state: String(state), found: counts(found), pending: counts(pending) })
      },
    },
  }
}

test('what was found is told on its shard before it is deleted, and counted once when it is killed', async () => {
  const places = [place(), place()] as const
  const asked = together([row('announced'), row('announced', { pending: { events: 5 } })])
  assert.ok(asked)
  const ledger = openLedger(places, asked)
  const order: string[] = []
  await ledger.account('events', [{ at: 0, rows: 2 }, { at: 1, rows: 0 }], async () => {
    order.push(JSON.stringify(places.map(({ written }) => written.at(-1)?.pending ?? null)))
  }) // prettier-ignore
  assert.deepEqual(order, ['[{"events":2},null]'])
  assert.deepEqual(places[0].written.at(-1), {
    state: 'announced',
    found: { events: 2 },
    pending: {},
  })
  assert.deepEqual(places[1].written.at(-1), {
    state: 'announced',
    found: { events: 5 },
    pending: {},
  })
  assert.deepEqual(ledger.erasure().found, { events: 7 })
})

test('a state is written on every shard that answers, and the erasure stays where the other is', async () => {
  const places = [place(), place()] as const
  const asked = together([row('hidden'), row('hidden')])
  assert.ok(asked)
  places[1].goAway()
  const ledger = openLedger(places, asked)
  await assert.rejects(ledger.reach({ state: 'settled' }), /away/)
  assert.equal(places[0].written.at(-1)?.state, 'settled')
  assert.equal(ledger.erasure().state, 'hidden')
})

test('a shard that has no row of it begins with none of the counts of the others', async () => {
  const places = [place(), place()] as const
  const asked = together([row('done', { found: { events: 2 }, finishedAt: 8 }), null])
  assert.ok(asked)
  await openLedger(places, asked).reach({ state: 'announced' })
  assert.deepEqual(places[1].written, [{ state: 'announced', found: {}, pending: {} }])
})

test('of two commands that go on with one erasure one stops, and what the other found stands', async () => {
  const places = [place()] as const
  const asked = together([row('announced')])
  assert.ok(asked)
  const [one, other] = [openLedger(places, asked), openLedger(places, asked)]
  await one.account('events', [{ at: 0, rows: 2 }], async () => {})
  await assert.rejects(other.reach({ state: 'hidden' }), {
    name: 'ErasureStalled',
    message: /another command goes on with it; run --resume/,
  })
  await one.reach({ state: 'done' })
  assert.deepEqual(places[0].written.at(-1), { state: 'done', found: { events: 2 }, pending: {} })
})
