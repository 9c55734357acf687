import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec, createRejectedCodec } from '@custom-events/codec'
import { partitionOf } from '@custom-events/event'
import { createSchemaRegistry } from '@custom-events/kafka'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'
import { makeTopics, post, readRecords, startIngest } from './support.ts'

const DOCUMENTS = [
  '{"user_id":"user_456","event":"subscription_upgraded","properties":{"email":"AliceW@example.com"},"context":{"group_id":"account_789"},"timestamp":"2023-11-03T10:15:20.123Z"}',
  '{"user_id":"user_789","event":"feature_used","properties":{"email":"BobS@example.com","feature_name":"analytics_dashboard"},"context":{"group_id":"account_456"},"timestamp":"2023-11-04T14:45:30.987Z"}',
  '{"user_id":"user_123","event":"custom.event_example","properties":{"email":"JoeD@example.com","action":"clicked_button"},"context":{"group_id":"account_123"},"timestamp":"2023-11-02T00:30:08.276Z"}',
]

test('what was accepted lies in Kafka: decodable by its schema id, keyed and placed by its account', async () => {
  await using stack = await servers()
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl } = stack.environment
  const topics = await makeTopics(brokers)
  const environment = { ...stack.environment, KAFKA_TOPIC: topics.tracked }
  await using ingest = await startIngest(environment)
  await ingest.whenReady()

  const bad = '{"event":"x"}'
  const { status, body } = await post(ingest.url, `[${DOCUMENTS.join()},${bad}]`)
  assert.deepEqual([status, body.accepted, body.rejected], [200, 3, 1], JSON.stringify(body))

  const registry = createSchemaRegistry({ url: registryUrl })
  const codec = createEventCodec()
  const records = await readRecords(brokers, topics.tracked, 3)
  for (const [index, text] of DOCUMENTS.entries()) {
    const sent = JSON.parse(text)
    const groupId: string = sent.context.group_id
    const { receipt, event_id: eventId } = body.results[index]
    assert.equal(receipt.partition, partitionOf(groupId, 12))
    const record = records.find(
      ({ partition, offset }) =>
        partition === receipt.partition && String(offset) === receipt.offset,
    )
    assert.ok(record?.value, `no record at ${JSON.stringify(receipt)}`)
    assert.equal(record.key?.toString(), groupId)
    const { schemaId, value } = codec.decode(record.value)
    assert.deepEqual(
      [value.event_id, value.event, value.group_id, value.user_id, value.timestamp],
      [eventId, sent.event, groupId, sent.user_id, Date.parse(sent.timestamp)],
    )
    assert.equal(value.properties, JSON.stringify(sent.properties))
    assert.ok(Math.abs(record.timestampMs - Date.now()) < 60_000, 'server time, not the event’s')
    assert.match(await registry.schema(schemaId), /TrackedEvent"/)
  }
  const [rejected] = await readRecords(brokers, topics.rejected, 1)
  assert.ok(rejected?.value)
  const { value } = createRejectedCodec().decode(rejected.value)
  assert.deepEqual([value.raw, value.index, value.request_id], [bad, 3, body.request_id])
  assert.equal(rejected.key?.toString(), body.request_id)
  assert.equal(rejected.partition, partitionOf(body.request_id, 3))
})

test('SIGTERM under load: every request is answered, every accepted event is in Kafka, exit 0', async () => {
  await using stack = await servers()
  const { KAFKA_BROKERS: brokers } = stack.environment
  const topics = await makeTopics(brokers)
  await using ingest = await startIngest({ ...stack.environment, KAFKA_TOPIC: topics.tracked })
  await ingest.whenReady()

  const accepted = new Set<string>()
  const failures: unknown[] = []
  let refused = 0
  const send = async (client: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const id = `${client}-${count}`
      const event = `{"event":"e","group_id":"g${client}","user_id":"u","event_id":"${id}","timestamp":"2023-11-03T10:15:20.123Z"}`
      const { status, body } = await post(ingest.url, event)
      if (status === 200) accepted.add(id)
      else {
        if (body.code !== 'draining') failures.push(body)
        refused += 1
        return // as told: this instance takes no more
      }
    }
  }
  const clients = Array.from({ length: 20 }, (_, client) =>
    send(client).catch((error: unknown) => failures.push(error)),
  )
  await eventually(() => assert.ok(accepted.size >= 500, String(failures[0])))
  const started = performance.now()
  ingest.kill('SIGTERM')
  await Promise.all(clients)
  assert.equal(await ingest.exited, 0, ingest.output())
  assert.ok(performance.now() - started < 10_000)
  assert.deepEqual(failures, [], 'a request was cut, or refused for another reason')
  assert.equal(refused, 20)
  const codec = createEventCodec()
  const kept = (await readRecords(brokers, topics.tracked, accepted.size)).flatMap(({ value }) =>
    value === null ? [] : [codec.decode(value).value.event_id],
  )
  assert.deepEqual(
    [...accepted].filter((id) => !kept.includes(id)),
    [],
  )
})

test('a wrong configuration exits 78 and names every variable, before anything opens', async () => {
  await using ingest = await startIngest({
    AUTH_MODE: '',
    PORT: '99999',
    KAFKA_PARTITIONS: 'many',
    SCHEMA_REGISTRY_URL: 'ftp://x',
  })
  assert.equal(await ingest.exited, 78)
  for (const name of ['WRITE_KEYS_FILE', 'PORT', 'KAFKA_PARTITIONS', 'SCHEMA_REGISTRY_URL']) {
    assert.match(ingest.output(), new RegExp(`^  ${name} `, 'm'))
  }
})
