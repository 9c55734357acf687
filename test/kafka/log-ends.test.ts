// Where the logs end, asked again and again over one connection.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createLogEndsReader, createOperator, createTopics } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { kafkaAt } from '../ingest/support.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }

test('partitions that were added are told by the connection that there was before', async () => {
  await using stack = await servers()
  const kafka = kafkaAt(stack.environment.KAFKA_BROKERS)
  const topic = `ends.${randomUUID().slice(0, 8)}`
  await createTopics({ kafka, partitionCountByTopic: { [topic]: 2 }, settings, log })
  await using reader = createLogEndsReader({ kafka, topics: [topic], log })
  const told = async (): Promise<readonly number[]> => {
    const { ends } = await reader.read()
    return ends.map(({ partition }) => partition).toSorted((one, other) => one - other)
  }
  await eventually(async () => assert.deepEqual(await told(), [0, 1]))
  await createOperator(kafka, log).addPartitions(topic, 3)
  await eventually(async () => assert.deepEqual(await told(), [0, 1, 2]))
})
