// What the harness says of who was erased, and of those beside them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccounts, ERASED_PERSON, isErased, type Account } from '../../chaos/accounts.ts'
import { checkAnswers, checkQuarantine, checkView } from '../../chaos/checks.ts'
import { checkErasure } from '../../chaos/erasure.ts'
import { canonicalHash, eventId, makeEvent } from '../../chaos/event.ts'
import { createLedger, type Ledger } from '../../chaos/ledger.ts'
import { checkMended, mendedOf, withoutMended } from '../../chaos/mended.ts'
import { earlyId, isEarly, makeEarlyEvent, ownerOf } from '../../chaos/owners.ts'
import type { Poison } from '../../chaos/poison.ts'
import type { ViewRow } from '../../chaos/questions.ts'
import { note } from '../../chaos/requests.ts'
import { tierOf } from '../../chaos/tiers.ts'

const SEED = 5
const accounts = createAccounts({ ordered: 1, concurrent: 2, hasErased: true })
const erasedOf = (what: Account['erased']): Account => {
  const account = accounts.find(({ erased }) => erased === what)
  assert.ok(account)
  return account
}

/** Four accepted events of each account, and their rows but those of who is erased. */
function world(): { readonly ledger: Ledger; readonly rows: ViewRow[]; readonly gone: ViewRow[] } {
  const ledger = createLedger(SEED, accounts)
  const all = accounts.flatMap((account) =>
    Array.from({ length: 4 }, (_, offset) => {
      const copy = { account, seq: ledger.open(account), version: 0 }
      const place = { partition: account.index, offset }
      ledger.invoked(copy)
      ledger.accepted(copy, place)
      const hash = canonicalHash(makeEvent(SEED, copy))
      return {
        isGone: isErased(copy),
        row: { eventId: eventId(account.index, copy.seq), hash, ...place },
      }
    }),
  )
  const of = (isGone: boolean): ViewRow[] =>
    all.filter((each) => each.isGone === isGone).map(({ row }) => row)
  return { ledger, rows: of(false), gone: of(true) }
}

async function broken(ledger: Ledger, rows: readonly ViewRow[]): Promise<readonly string[]> {
  const { checks } = await checkView(ledger, streamOf(rows))
  return checks.filter(({ isHeld }) => !isHeld).map(({ name }) => name)
}

async function* streamOf(rows: readonly ViewRow[]): AsyncGenerator<ViewRow> {
  yield* rows
}

test('every tier has erasures, unless somebody says otherwise', () => {
  for (const tier of ['smoke', 'ci', 'full']) assert.equal(tierOf(tier, {}).hasErasures, true, tier)
  assert.equal(tierOf('smoke', { hasErasures: false }).hasErasures, false)
})

test('who is erased is missed by nobody; each of their rows is a finding, and each that a neighbour lost', async () => {
  const { ledger, rows, gone } = world()
  assert.equal(gone.length, 4 + 2, 'a whole account, and every second event of a person’s')
  assert.deepEqual(await broken(ledger, rows), [])
  for (const row of gone) assert.deepEqual(await broken(ledger, [...rows, row]), ['erased'])
  for (const row of rows) {
    assert.deepEqual(
      await broken(
        ledger,
        rows.filter((each) => each !== row),
      ),
      ['lost'],
      row.eventId,
    )
  }
})

test('a person has one id, which nobody beside them has, and people of other accounts do', () => {
  const account = erasedOf('person')
  const userOf = (of: Account, seq: number, version = 0) =>
    makeEvent(SEED, { account: of, seq, version }).user_id
  for (let seq = 0; seq < 2_000; seq++) {
    for (const version of [0, 1]) {
      const isTheirs = userOf(account, seq, version) === ERASED_PERSON
      assert.equal(isTheirs, isErased({ account, seq }), `${seq}, version ${version}`)
    }
  }
  const [other] = accounts
  assert.ok(other)
  const namesakes = Array.from({ length: 10_000 }, (_, seq) => userOf(other, seq))
  assert.ok(namesakes.includes(ERASED_PERSON))
})

test('of who is erased nothing is watched over, and no fate is asked for', () => {
  const { ledger } = world()
  const watched = ledger.takeAccepted().map((copy) => copy.eventId)
  assert.equal(watched.length, 4 * accounts.length - 6)
  const account = erasedOf('account')
  const copy = { account, seq: ledger.open(account), version: 0 }
  ledger.invoked(copy)
  ledger.erased()
  assert.equal(checkAnswers(ledger).isHeld, true)
})

test('an event that must be refused may be ignored as soon as its owner is erased, and no other may', () => {
  const invalid = Array.from({ length: 64 }, (_, number) => number)
  const isTheirs = (number: number): boolean => isEarly(number) && ownerOf(number).isErased
  const [theirs = -1, other = -1] = [invalid.find(isTheirs), invalid.find((n) => !isTheirs(n))]
  for (const [number, misjudged] of [
    [theirs, 0],
    [other, 1],
  ] as const) {
    const { ledger } = world()
    const results = [{ index: 0, status: 'ignored', reason: { code: 'erased' } }] as const
    note(ledger, { items: [{ invalid: number }], body: '' }, { status: 200, body: { results } })
    assert.equal(ledger.counts.misjudged, misjudged)
    assert.equal(ledger.counts.erased, 1 - misjudged)
  }
})

/** What was refused at first, with the rows of those who stay. */
function refused(): {
  readonly ledger: Ledger
  readonly poison: Poison[]
  readonly rows: ViewRow[]
} {
  const { ledger } = world()
  for (let number = 0; number < 400; number++) ledger.refused(number)
  const at = { partition: 0, offset: 1 }
  const numbers = [...ledger.refusedNumbers].filter(isEarly)
  assert.equal(new Set(numbers.map(ownerOf)).size, 4)
  const early = numbers
    .filter((number) => !ownerOf(number).isErased)
    .map((number) => ({
      eventId: earlyId(number),
      hash: canonicalHash(makeEarlyEvent(number)),
      ...at,
    }))
  const poison = [
    { kind: 'refused', ...at, key: Buffer.from('k'), value: Buffer.from('1'), eventId: 'stays' },
    { kind: 'refused', ...at, key: Buffer.from('k'), value: null, eventId: 'gone', isErased: true },
  ]
  return { ledger, poison, rows: [...early, { eventId: 'stays', hash: 'any', ...at }] }
}

async function isMendedHeld(
  rows: readonly ViewRow[],
  unkept: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const { ledger, poison } = refused()
  const kept = new Set([...ledger.refusedNumbers].map(earlyId)).difference(unkept)
  const mended = mendedOf(ledger, poison, kept)
  for await (const row of withoutMended(streamOf(rows), mended)) assert.fail(row.eventId)
  return checkMended(mended).isHeld
}

test('what was refused is there once after a replay, and nothing of who was erased', async () => {
  const { rows } = refused()
  const [row, ...others] = rows
  assert.ok(row)
  assert.equal(await isMendedHeld(rows), true)
  assert.equal(await isMendedHeld(others), false, 'one is missing')
  assert.equal(await isMendedHeld(rows, new Set([row.eventId])), false, 'it was not kept')
  assert.equal(await isMendedHeld(others, new Set([row.eventId])), true, 'so it is not there')
  const most = new Set(rows.slice(0, -1).map((each) => each.eventId))
  assert.equal(await isMendedHeld(rows.slice(-1), most), false, 'hardly any was kept')
  assert.equal(await isMendedHeld([...rows, row]), false, 'one is there twice')
  assert.equal(await isMendedHeld([{ ...row, hash: 'x' }, ...others]), false, 'one was changed')
  assert.equal(await isMendedHeld([...rows, { ...row, eventId: 'gone' }]), false, 'an erased one')
  const theirs = earlyId([2, 3].find((number) => ownerOf(number).isErased) ?? -1)
  assert.equal(await isMendedHeld([...rows, { ...row, eventId: theirs }]), false, 'an erased one')
})

test('before the replay a row of what was refused is a phantom', async () => {
  const { ledger, rows } = world()
  const row = { eventId: earlyId(2), hash: 'x', partition: 0, offset: 9 }
  assert.deepEqual(await broken(ledger, [...rows, row]), ['phantom'])
})

test('a dead letter of who was erased is one that nobody injected', () => {
  const { poison } = refused()
  const rows = poison.map(({ partition, key, value }) => ({
    partition,
    key: key.toString('hex'),
    value: value?.toString('hex') ?? null,
  }))
  const theirs = poison.filter(({ isErased: is }) => is !== true)
  assert.equal(checkQuarantine(theirs, rows.slice(0, 1), 0).isHeld, true)
  assert.equal(checkQuarantine(theirs, rows, 0).isHeld, false)
})

test('an erasure is proven when it is done, was killed at each of its steps and found something', () => {
  const run = { who: 'a person', kills: 2, killsWanted: 2, runs: 3, isDone: true, seconds: 9 }
  const told = { ...run, found: { events: 7 }, said: 'its end' }
  assert.equal(checkErasure(told).isHeld, true)
  assert.equal(checkErasure({ ...told, isDone: false }).isHeld, false)
  assert.equal(checkErasure({ ...told, kills: 1 }).isHeld, false)
  assert.equal(checkErasure({ ...told, found: {} }).isHeld, false, 'there was nobody')
})
