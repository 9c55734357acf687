// Three brokers: what one of them holds survives the loss of its process, and of its disk.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { readKafkaMetadata, startStack, type PartitionState } from '@custom-events/embedded'
import { createProducer, kafkaConfigFrom, readGroupOffsets, topicNames } from '@custom-events/kafka'
import { createLogger } from '@custom-events/service'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const waiting = { withinMs: 60_000 }

test(
  'three brokers: records outlive a killed broker and one that comes back without its disk',
  { timeout: 240_000 },
  async () => {
    await using stack = await startStack({ brokers: 3 })
    assert.equal(stack.brokers.length, 3)
    assert.equal(stack.kafka, stack.brokers[0])
    const { config } = readSetupConfig({ ...stack.environment, LOG_LEVEL: 'error' })
    await setUp(config, log, () => {})
    const topic = topicNames(config.KAFKA_TOPIC).tracked
    const kafka = kafkaConfigFrom(config)
    await using producer = createProducer({
      kafka,
      partitionCountByTopic: { [topic]: config.KAFKA_PARTITIONS },
      log,
      deliveryTimeoutMs: 30_000,
    })
    let produced = 0
    const produce = async (): Promise<void> => {
      const value = Buffer.from(`record ${produced}`)
      await eventually(async () => {
        const [outcome] = await producer.produce([{ topic, partition: 0, key: null, value }])
        assert.equal(outcome?.status, 'acknowledged')
      }, waiting)
      produced += 1
    }
    const partition = async (port: number): Promise<PartitionState> => {
      const { partitions } = await readKafkaMetadata(port, true)
      const found = partitions.find((each) => each.topic === topic && each.partition === 0)
      assert.ok(found)
      return found
    }
    const portOf = (nodeId: number): number => Number(stack.brokers[nodeId - 1]?.url.split(':')[1])

    await produce()
    const { leader, replicas } = await partition(portOf(1))
    assert.deepEqual(replicas.toSorted(), [1, 2, 3])
    const victim = stack.brokers[leader - 1]
    assert.ok(victim)
    const other = portOf((leader % 3) + 1)

    victim.kill('SIGKILL')
    await eventually(async () => assert.notEqual((await partition(other)).leader, leader), waiting)
    await produce()
    await rm(join(stack.logDir, '..', victim.name, 'data'), { recursive: true })
    await victim.restart()
    await eventually(
      async () => assert.deepEqual((await partition(other)).inSync.toSorted(), [1, 2, 3]),
      waiting,
    )
    // What the empty disk was filled with is all there, should it be the only one left to ask.
    await produce()
    const offsets = await readGroupOffsets({ kafka, consumerGroup: 'none', topics: [topic], log })
    const found = offsets.find((each) => each.partition === 0)
    assert.ok((found?.latest ?? 0) >= produced)
  },
)
