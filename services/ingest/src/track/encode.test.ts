import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import { NO_PLAN_SET, partitionOf, partitionOfEvent, splitAccounts } from '@custom-events/event'
import { Slices } from '../admission/slices.ts'
import { Refusal } from '../response/refusal.ts'
import { callOf } from '../testing/call.fixture.ts'
import { BAD_EVENT, eventText, TOPICS } from '../testing/test-support.ts'
import { ingestSettings } from '../settings.ts'
import { encode, encodeInSlices } from './encode.ts'
import { createJudge } from './judge.ts'

const settings = ingestSettings(TOPICS, 12)
const encoding = {
  codec: createEventCodec(),
  schemas: { trackedId: 258 },
  settings,
  plans: { current: NO_PLAN_SET },
  sealer: { seal: () => null },
}
const judgeWith = (hasFastPath: boolean) =>
  createJudge({ plans: { current: NO_PLAN_SET }, rules: settings.rules, hasFastPath })
const sent = Array.from({ length: 300 }, (_, at) =>
  at % 10 === 3
    ? BAD_EVENT
    : eventText({
        event_id: `e-${at}`,
        group_id: `account_${at % 17}`,
        properties: { at, ü: 'é' },
      }),
)
const judged = async (hasFastPath: boolean) => judgeWith(hasFastPath)(callOf(`[${sent.join()}]`))

test('one record per accepted event, in their order, each in the partition of its account', async () => {
  const records = encode(encoding, await judged(false))
  assert.equal(records.length, 270)
  const events = records.map(({ value }) => encoding.codec.decode(value ?? Buffer.alloc(0)).value)
  assert.deepEqual(
    events.map(({ event_id }) => event_id),
    sent.flatMap((text, at) => (text === BAD_EVENT ? [] : [`e-${at}`])),
  )
  for (const [at, { topic, partition, key }] of records.entries()) {
    const account = events[at]?.group_id ?? ''
    assert.deepEqual(
      [topic, partition, String(key)],
      [TOPICS.tracked, partitionOf(account, 12), account],
    )
  }
})

test('records of events that lie in the body, and of a list that yields, are the same bytes', async () => {
  const reference = encode(encoding, await judged(false))
  const fast = encode(encoding, await judged(true))
  const sliced = await encodeInSlices(encoding, await judged(true), new Slices())
  for (const records of [fast, sliced]) {
    assert.equal(records.length, reference.length)
    for (const [at, { topic, partition, key, value }] of records.entries()) {
      const expected = reference[at]
      assert.deepEqual([topic, partition], [expected?.topic, expected?.partition])
      assert.deepEqual([key, value], [expected?.key, expected?.value], `record ${at}`)
    }
  }
})

test('events of a split account go where their identity says, on both ways of judging; no other account moves', async () => {
  const split = splitAccounts(['account_3', 'account_ü'], 2)
  const place = () => ({ ...settings.place(), split })
  const some = ['account_3', 'account_ü', 'account_4'].flatMap((group_id) =>
    Array.from(
      { length: 60 },
      (_, at) =>
      // A time as text, as a number, and none: the same copy must be found again by what is stored.
      eventText({ group_id, event_id: `é-${at}`, timestamp: at % 2 === 0 ? '2026-01-31T09:30:00.5+01:00' : 1_769_850_600_000 + at }), // prettier-ignore
    ),
  )
  const used = new Map<string, Set<number>>()
  for (const hasFastPath of [false, true]) {
    const verdicts = await judgeWith(hasFastPath)(callOf(`[${some.join()}]`))
    const records = encode({ ...encoding, settings: { place } }, verdicts)
    assert.equal(records.length, some.length)
    for (const { partition, key, value } of records) {
      const stored = encoding.codec.decode(value ?? Buffer.alloc(0)).value
      assert.equal(partition, partitionOfEvent(stored, { partitions: 12, split }))
      assert.equal(String(key), stored.group_id, 'the key stays the account')
      used.set(stored.group_id, (used.get(stored.group_id) ?? new Set<number>()).add(partition))
    }
  }
  const sizes = [...used].map(([group, partitions]) => [group, partitions.size])
  assert.deepEqual(sizes, [['account_3', 6], ['account_ü', 6], ['account_4', 1]]) // prettier-ignore
})

test('without the id of our schema nothing is encoded: the registry is away', async () => {
  const without = { ...encoding, schemas: { trackedId: null } }
  const events = await judged(true)
  assert.throws(
    () => encode(without, events),
    (error) => error instanceof Refusal && error.loadReason === 'registry_away',
  )
})
