// A topic that is read without a group, such as that of erasures and generations, becomes another one.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createOperator, followTopic } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { kafkaAt } from '../ingest/support.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })

test('a topic that was looked for while it was away, and made anew as long as it was, is read from its beginning', async () => {
  await using stack = await servers()
  const kafka = kafkaAt(stack.environment.KAFKA_BROKERS)
  const operator = createOperator(kafka, log)
  const topic = `followed.${randomUUID().slice(0, 8)}`
  const seen: string[] = []
  await using follower = followTopic({
    kafka,
    topic,
    reader: {
      record: ({ value }) => void seen.push(String(value)),
      forget: () => void seen.splice(0),
    },
    log,
  })
  const fill = async (values: readonly string[]): Promise<void> => {
    await eventually(() => operator.createTopic(topic, 1))
    const records = values.map((value) => ({ partition: 0, key: value, value }))
    await eventually(() => operator.produce(topic, records))
  }
  const untilRead = () => eventually(async () => assert.equal(await follower.read(100), true))

  await fill(['one', 'two', 'three'])
  await untilRead()
  assert.deepEqual(seen, ['one', 'two', 'three'])

  await operator.deleteTopic(topic)
  for (let failures = 0; failures < 3;) {
    await eventually(() => assert.rejects(follower.read(100)))
    failures++
  }
  await fill(['four', 'five', 'six'])
  await untilRead()
  assert.deepEqual(seen, ['four', 'five', 'six'])
})
