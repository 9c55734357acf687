import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import { NO_PLAN_SET, partitionOf } from '@custom-events/event'
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

test('without the id of our schema nothing is encoded: the registry is away', async () => {
  const without = { ...encoding, schemas: { trackedId: null } }
  const events = await judged(true)
  assert.throws(
    () => encode(without, events),
    (error) => error instanceof Refusal && error.loadReason === 'registry_away',
  )
})
