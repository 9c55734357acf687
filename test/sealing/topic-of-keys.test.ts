import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  closeSegments,
  createOperator,
  KEYS_TOPIC_SETTINGS,
  otherGroups,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { kafkaAt } from '../ingest/support.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const filler = { key: Buffer.from('nobody'), value: Buffer.from('nothing') }
const [{ name: SEGMENT_MS, value: AS_MADE }] = KEYS_TOPIC_SETTINGS

for (const [found, left] of [
  ['1', AS_MADE], // of a run that was killed
  ['7200000', '7200000'],
] as const) {
  test(`segments of ${found} ms are ${left} ms long once they were closed`, async () => {
    await using server = await servers()
    const kafka = kafkaAt(server.environment.KAFKA_BROKERS)
    const operator = createOperator(kafka, log)
    const topic = `keys.${randomUUID().slice(0, 8)}`
    await operator.createTopic(topic, 1, { [SEGMENT_MS]: found })
    await operator.produce(topic, [{ partition: 0, ...filler }])
    const { openBecause } = await closeSegments({ kafka, topic, filler, log })
    assert.equal(openBecause, null)
    assert.equal((await operator.topicSettings(topic)).get(SEGMENT_MS), left)
  })
}

test('other groups that read the topic are seen, and no others', async () => {
  await using server = await servers()
  const kafka = kafkaAt(server.environment.KAFKA_BROKERS)
  const operator = createOperator(kafka, log)
  const [topic, other] = [`keys.${randomUUID().slice(0, 8)}`, `other.${randomUUID().slice(0, 8)}`]
  for (const each of [topic, other]) {
    await operator.createTopic(each, 1)
    await operator.produce(each, [{ partition: 0, ...filler }])
  }
  const at = new Map([[0, 0]])
  await operator.setOffsets('ours', topic, at)
  await operator.setOffsets('theirs', topic, at)
  await operator.setOffsets('elsewhere', other, at)
  assert.deepEqual(await otherGroups({ kafka, topic, consumerGroup: 'ours', log }), ['theirs'])
})
