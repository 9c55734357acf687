import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '@custom-events/event'
import { createAccounts } from '../../chaos/accounts.ts'
import { checkAnswers, checkQuarantine, checkView } from '../../chaos/checks.ts'
import { canonicalHash, eventId, makeEvent } from '../../chaos/event.ts'
import { createLedger, type Ledger } from '../../chaos/ledger.ts'
import { accountIn, makePoison } from '../../chaos/poison.ts'
import type { ViewRow } from '../../chaos/questions.ts'

const SEED = 5
const accounts = createAccounts({ ordered: 2, concurrent: 3 })

/** Three accepted events of each account, at offsets 0, 1, 2 of a partition of its own. */
function world(): { readonly ledger: Ledger; readonly rows: ViewRow[] } {
  const ledger = createLedger(SEED, accounts)
  const rows: ViewRow[] = []
  for (const account of accounts) {
    for (let offset = 0; offset < 3; offset++) {
      const copy = { account, seq: ledger.open(account), version: 0 }
      const place = { partition: account.index, offset }
      ledger.invoked(copy)
      ledger.accepted(copy, place)
      const hash = canonicalHash(makeEvent(SEED, copy))
      rows.push({ eventId: eventId(account.index, copy.seq), hash, ...place })
    }
  }
  return { ledger, rows }
}

async function broken(ledger: Ledger, rows: readonly ViewRow[]): Promise<readonly string[]> {
  const { checks } = await checkView(ledger, streamOf(rows))
  return checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name)
}

async function* streamOf(rows: readonly ViewRow[]): AsyncGenerator<ViewRow> {
  yield* rows
}

function first(rows: readonly ViewRow[], index = 0): ViewRow {
  const row = rows[index]
  assert.ok(row)
  return row
}

test('a view that is what was accepted breaks no check', async () => {
  const { ledger, rows } = world()
  assert.deepEqual(await broken(ledger, rows), [])
})

test('an accepted event that the view does not have is lost, by name', async () => {
  const { ledger, rows } = world()
  const { lost } = await checkView(ledger, streamOf(rows.slice(1)))
  assert.deepEqual(lost, ['e.0.0'])
  assert.deepEqual(await broken(ledger, rows.slice(1)), ['lost'])
})

test('a row that nobody sent is a phantom, an event twice a duplicate', async () => {
  const { ledger, rows } = world()
  const row = first(rows)
  for (const id of ['invalid.3', 'e.0.99', 'e.77.0', 'x']) {
    assert.deepEqual(await broken(ledger, [...rows, { ...row, eventId: id }]), ['phantom'])
  }
  assert.deepEqual(await broken(ledger, [...rows, row]), ['duplicates'])
})

test('an event on two shards is a duplicate that says where', async () => {
  const { ledger, rows } = world()
  const row = { ...first(rows), shard: 1 }
  const { checks } = await checkView(
    ledger,
    streamOf([row, ...rows.slice(1), { ...row, shard: 2 }]),
  )
  const doubled = checks.find(({ name }) => name === 'duplicates')
  assert.equal(doubled?.isHeld, false)
  assert.deepEqual(doubled?.samples, ['e.0.0 on shards 1 and 2'])
})

test('a changed row and a row of an older copy are found', async () => {
  const { ledger, rows } = world()
  const row = first(rows)
  const changed = [{ ...row, hash: row.hash.replace(/^./, 'x') }, ...rows.slice(1)]
  assert.deepEqual(await broken(ledger, changed), ['content'])

  const [account] = accounts
  assert.ok(account)
  const update = { account, seq: 0, version: 1 }
  ledger.invoked(update)
  assert.deepEqual(await broken(ledger, rows), [], 'the fate of the update is unknown')
  ledger.accepted(update, { partition: 0, offset: 9 })
  assert.deepEqual(await broken(ledger, rows), ['content'], 'the update was accepted')
})

test('an ordered account in another order, or in two partitions, is found', async () => {
  const { ledger, rows } = world()
  const ordered = rows.findIndex(({ eventId: id }) => id === 'e.1.0')
  const swapped = rows.with(ordered, { ...first(rows, ordered), offset: 2 })
  assert.deepEqual(await broken(ledger, swapped), ['order'])
  const moved = rows.with(ordered, { ...first(rows, ordered), partition: 11 })
  assert.deepEqual(await broken(ledger, moved), ['order'])
})

test('quarantine is exactly the injected poison, byte for byte', () => {
  const poison = [0, 1, 2, 3, 4].map((number) => makePoison(SEED, number, number))
  const rows = poison.map(({ partition, key, value }) => ({
    partition,
    key: key.toString('hex'),
    value: value?.toString('hex') ?? null,
  }))
  const isHeld = (list: typeof rows, repeats = 0): boolean =>
    checkQuarantine(poison, list, repeats).isHeld
  const [row, ...others] = rows
  assert.ok(row)
  assert.equal(isHeld(rows), true)
  assert.equal(isHeld(others), false, 'one is missing')
  assert.equal(isHeld([{ ...row, value: `${row.value}00` }, ...others]), false, 'a byte more')
  assert.equal(isHeld([...rows, { partition: 0, key: 'ff', value: '' }]), false, 'one too many')
  assert.equal(isHeld([...rows, row]), false, 'one twice')
  assert.equal(isHeld([...rows, row], 1), true, 'one twice, because its write was repeated')
})

test('a fate that stayed unknown and a valid event that was rejected are findings', () => {
  const { ledger } = world()
  assert.equal(checkAnswers(ledger).isHeld, true)
  const [account] = accounts
  assert.ok(account)
  const copy = { account, seq: ledger.open(account), version: 0 }
  ledger.invoked(copy)
  assert.equal(checkAnswers(ledger).isHeld, false)
  ledger.rejected(copy)
  assert.equal(checkAnswers(ledger).isHeld, false)
})

test('a record that only ClickHouse refuses is of an account of its partition, so that a replay stays on its shard', () => {
  for (let partition = 0; partition < 12; partition++) {
    const account = accountIn(partition, { partitions: 12, name: 'poison-5-1' })
    assert.equal(partitionOf(account, 12), partition)
    assert.match(account, /^poison-5-1\.\d+$/)
  }
})

test('an event is a function of seed, account, number and version alone', () => {
  const [account] = accounts
  assert.ok(account)
  const text = (seed: number, seq: number, version: number): string =>
    JSON.stringify(makeEvent(seed, { account, seq, version }))
  assert.equal(text(1, 2, 0), text(1, 2, 0))
  assert.notEqual(text(1, 2, 0), text(2, 2, 0))
  assert.notEqual(text(1, 2, 0), text(1, 3, 0))
  const [before, after] = [0, 1].map((version) => makeEvent(1, { account, seq: 2, version }))
  assert.ok(before && after)
  for (const field of ['group_id', 'event', 'timestamp', 'event_id'] as const) {
    assert.equal(before[field], after[field], 'an update has the same identity')
  }
  assert.notEqual(canonicalHash(before), canonicalHash(after))
})
