import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { decodeSealKey, type SealKeyRecord } from '@custom-events/codec'
import {
  compilePlans,
  createPlanSet,
  openProperties,
  type SealingKey,
  type TrackedEvent,
} from '@custom-events/event'
import type { OutgoingRecord } from '@custom-events/kafka'
import { eventText, startTestIngest, TOPICS, type TestIngest } from '../testing/test-support.ts'

const SECRET = 'joe.secret@example.com'

const plan = (mode: string) => ({
  'x-event': 'signed_up',
  'x-mode': mode,
  type: 'object',
  properties: {
    email: { type: ['string', 'null'], format: 'email', 'x-seal': 'person' },
    vat: { type: 'string', 'x-seal': 'account' },
    person: { type: 'object', properties: { mail: { type: 'string', 'x-seal': 'person' } } },
    seats: { type: 'integer' },
  },
})

function start(mode = 'enforce') {
  const plans = compilePlans([{ name: 'a.json', text: JSON.stringify(plan(mode)) }])
  const current = createPlanSet(plans, { defaultMode: 'warn', unplanned: 'allow' })
  return startTestIngest({ plans: { current } })
}

const signUp = (properties: unknown, changes: object = {}): string =>
  eventText({ event: 'signed_up', properties, ...changes })

const keyRecords = ({ producer }: TestIngest): readonly SealKeyRecord[] =>
  producer.records.flatMap(({ topic, value }) => {
    const decoded = topic === TOPICS.keys ? decodeSealKey(value) : 'foreign'
    return typeof decoded === 'string' ? [] : [decoded]
  })

function opened(ingest: TestIngest, { properties, event_id: eventId }: TrackedEvent): string {
  const keys = keyRecords(ingest).map(({ key_id: id, key }): [string, SealingKey] => [
    id,
    { id, secret: createSecretKey(key) },
  ])
  return openProperties(properties, new Map(keys), eventId)
}

test('what a plan marks is sealed, in the bytes and on the reference path, and opens to what was sent', async () => {
  await using ingest = await start()
  const properties = { email: SECRET, vat: 'DE1', person: { mail: SECRET, age: 3 }, seats: 2 }
  const usual = signUp(properties)
  const unusual = usual.replace('"event"', '"\\u0065vent"').replace('e-1', 'e-2')
  const many = Array.from({ length: 300 }, (_, n) => signUp(properties, { event_id: `m-${n}` }))
  assert.equal((await ingest.post(usual)).status, 200)
  assert.equal((await ingest.post(unusual)).status, 200)
  const { body } = await ingest.post(`{"batch":[${many.join()}]}`)
  assert.equal(body.accepted, 300)
  const events = ingest.events()
  assert.equal(events.length, 302)
  for (const event of events) {
    assert.match(
      event.properties,
      /^\{"email":"sealed:v1:p[^"]*","vat":"sealed:v1:a[^"]*","person":\{"mail":"sealed:v1:p[^"]*","age":3\},"seats":2\}$/,
    )
    assert.equal(opened(ingest, event), JSON.stringify(properties))
  }
  const [first, second, ...others] = keyRecords(ingest)
  assert.deepEqual(others, [], 'one key of the person, one of the account')
  assert.deepEqual([first?.user_id, second?.user_id], ['user_789', null])
  assert.ok(!ingest.producer.records.some(holds(SECRET)))
})

const holds =
  (text: string) =>
  ({ value }: OutgoingRecord): boolean =>
    value?.includes(text) === true

test('an event of another plan, or with nothing to seal, is produced as it was sent', async () => {
  await using ingest = await start()
  for (const text of [
    eventText({ properties: { email: 'a@b.c' } }),
    signUp({ email: null }),
    signUp({ seats: 1 }),
  ]) {
    assert.equal((await ingest.post(text)).status, 200)
  }
  assert.deepEqual(
    ingest.events().map(({ properties }) => properties),
    ['{"email":"a@b.c"}', '{"email":null}', '{"seats":1}'],
  )
  assert.deepEqual(keyRecords(ingest), [])
})

test('a key is acknowledged before anything is produced that it seals', async () => {
  await using ingest = await start()
  const { producer } = ingest
  const acknowledge = producer.outcome
  producer.outcome = null
  const answering = ingest.post(signUp({ email: SECRET }))
  while (producer.waitingCalls === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(producer.waitingCalls, 1)
  producer.outcome = acknowledge
  assert.equal((await answering).status, 200)
  assert.deepEqual(
    producer.records.map(({ topic }) => topic),
    [TOPICS.keys, TOPICS.tracked],
  )
})

test('while keys cannot be kept, what is sealed is to be sent again, and the rest of the request is accepted', async () => {
  await using ingest = await start()
  const { producer } = ingest
  const acknowledge = producer.outcome
  producer.outcome = (record) =>
    record.topic === TOPICS.keys || acknowledge === null
      ? { status: 'unacknowledged', reason: 'kafka_unavailable' }
      : acknowledge(record)
  const alone = await ingest.post(signUp({ email: SECRET }))
  assert.equal(alone.status, 503)
  assert.notEqual(alone.headers.get('retry-after'), null)
  const mixed = await ingest.post(`[${signUp({ email: SECRET })},${signUp({ seats: 1 })}]`)
  assert.deepEqual(
    mixed.body.results.map(({ status }: { status: string }) => status),
    ['retry', 'accepted'],
  )
  assert.deepEqual(
    ingest.events().map(({ properties }) => properties),
    ['{"seats":1}'],
  )
  producer.outcome = acknowledge
  assert.equal((await ingest.post(signUp({ email: SECRET }))).status, 200)
  const [event] = ingest.events().slice(-1)
  assert.ok(event !== undefined)
  assert.equal(opened(ingest, event), JSON.stringify({ email: SECRET }))
})

test('keys of many people in one request are produced in one go', async () => {
  await using ingest = await start()
  const { producer } = ingest
  const calls: (readonly OutgoingRecord[])[] = []
  const produce = producer.produce.bind(producer)
  producer.produce = (records) => {
    calls.push(records)
    return produce(records)
  }
  const events = Array.from({ length: 50 }, (_, n) =>
    signUp({ email: SECRET }, { user_id: `u${n}`, event_id: `e${n}` }),
  )
  assert.equal((await ingest.post(`[${events.join()}]`)).body.accepted, 50)
  assert.deepEqual(
    calls.map(({ length }) => length),
    [50, 50],
  )
})

test('nothing of a marked value is in a rejected event, an answer, a warning or the log', async () => {
  for (const mode of ['enforce', 'warn'] as const) {
    await using ingest = await start(mode)
    const answers = [
      await ingest.post(signUp({ email: 'no-mail-joe.secret' })),
      await ingest.post(signUp({ email: 7_777_777 })),
      await ingest.post(signUp({ email: 'joe.secret@a.bc' }, { group_id: undefined })),
      await ingest.post(
        signUp({ person: 'joe.secret' }, { event: 'SignedUp', user_id: undefined }),
      ),
    ]
    for (const { body } of answers) assert.doesNotMatch(JSON.stringify(body), /joe\.secret|7777777/)
    for (const { raw, errors } of ingest.rejectedEvents()) {
      assert.doesNotMatch(raw + errors, /joe\.secret|7777777/)
    }
    assert.doesNotMatch(ingest.logLines.join(), /joe\.secret|7777777/)
    assert.ok(!ingest.producer.records.some(holds('joe.secret')))
  }
})

test('an update is sealed anew under the identity of the event', async () => {
  await using ingest = await start()
  await ingest.post(signUp({ email: 'old@b.c' }))
  await ingest.post(signUp({ email: 'new@b.c' }))
  const [old, young] = ingest.events()
  assert.ok(old !== undefined && young !== undefined)
  assert.deepEqual([old.event_id, old.timestamp], [young.event_id, young.timestamp])
  assert.equal(opened(ingest, young), '{"email":"new@b.c"}')
})

test('what a topic does not take once it is sealed is rejected for its size, without its values', async () => {
  await using ingest = await start()
  ingest.producer.batchBytes = 20_000
  const email = `joe.secret${'x'.repeat(15_500)}@b.c`
  const fits = await ingest.post(eventText({ properties: { email } }))
  assert.equal(fits.status, 200)
  const grown = await ingest.post(signUp({ vat: email }))
  assert.equal(grown.body.results[0].errors[0].code, 'event_too_large')
  assert.ok(!ingest.producer.records.slice(1).some(holds('joe.secret')))
})
