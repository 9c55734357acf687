import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventCodec } from '@custom-events/codec'
import { startStack } from '@custom-events/embedded'
import { eventually } from '../support/eventually.ts'
import { makeTopics, post, readRecords, startIngest, type Posted } from './support.ts'

const event = (id: string) =>
  `{"event":"e","group_id":"g","user_id":"u","event_id":"${id}","timestamp":"2023-11-03T10:15:20.123Z"}`

function assertUnavailable({ status, headers, body, ms }: Posted): void {
  assert.deepEqual([status, body.code, body.success], [503, 'kafka_unavailable', false])
  assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assert.ok(ms <= 7_500, `answered after ${ms} ms`)
}

test('Kafka and the registry may go and come back: 503 meanwhile, nothing accepted is lost', async () => {
  await using stack = await startStack()
  const { KAFKA_BROKERS: brokers } = stack.environment
  const topics = await makeTopics(brokers)
  stack.registry.kill('SIGKILL')
  await using ingest = await startIngest({ ...stack.environment, KAFKA_TOPIC: topics.tracked })

  await eventually(async () => assertUnavailable(await post(ingest.url, event('early'))))
  const early = await fetch(`${ingest.opsUrl}/health/ready`)
  assert.equal(early.status, 503)
  assert.equal((await fetch(`${ingest.opsUrl}/health/live`)).status, 200)
  await stack.registry.restart()
  await ingest.whenReady()
  assert.equal((await post(ingest.url, event('before'))).status, 200)

  stack.registry.kill('SIGKILL') // known ids are kept: it is not needed any more
  assert.equal((await post(ingest.url, event('without-registry'))).status, 200)

  stack.kafka.kill('SIGKILL')
  const during = await Promise.all([1, 2, 3].map((n) => post(ingest.url, event(`during-${n}`))))
  for (const answer of during) assertUnavailable(answer)
  assertUnavailable(await post(ingest.url, event('during-4')))
  assert.equal((await fetch(`${ingest.opsUrl}/health/live`)).status, 200)

  await stack.kafka.restart()
  await ingest.whenReady()
  assert.equal((await post(ingest.url, event('after'))).status, 200)
  const codec = createEventCodec()
  const records = await readRecords(brokers, topics.tracked, 3)
  const ids = records.flatMap(({ value }) =>
    value === null ? [] : [codec.decode(value).value.event_id],
  )
  for (const id of ['before', 'without-registry', 'after']) assert.ok(ids.includes(id), id)
  assert.ok(!ids.includes('early'))
})
