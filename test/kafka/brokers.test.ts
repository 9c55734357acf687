// Three brokers, of which the first of KAFKA_BROKERS is away: whoever asks must get along with the others.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSetupConfig, setUp } from '@custom-events/cli'
import { readKafkaMetadata, startStack, type PartitionState } from '@custom-events/embedded'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  kafkaConfigFrom,
  readGroupOffsets,
  topicNames,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const waiting = { withinMs: 120_000 }

test(
  'with three brokers one may be killed, frozen, or lose its disk',
  { timeout: 500_000 },
  async (t) => {
    await using stack = await startStack({ brokers: 3 })
    const [first] = stack.brokers
    assert.ok(first)
    const { config } = readSetupConfig({ ...stack.environment, LOG_LEVEL: 'error' })
    await setUp(config, log, () => {})
    const kafka = kafkaConfigFrom(config)
    const { tracked: topic } = topicNames(config.KAFKA_TOPIC)
    const portOf = (url: string | undefined): number => Number(url?.split(':')[1])
    const partitions = async (): Promise<readonly PartitionState[]> =>
      (await readKafkaMetadata(portOf(stack.brokers[1]?.url), true)).partitions.filter(
        (each) => each.topic === topic,
      )
    const openProducer = () =>
      createProducer({ kafka, partitionCountByTopic: { [topic]: config.KAFKA_PARTITIONS }, log })
    let acknowledged = 0
    /** One record in every partition, whoever leads it. */
    const produceEverywhere = async (producer: ReturnType<typeof openProducer>): Promise<void> => {
      const left = new Set(Array.from({ length: config.KAFKA_PARTITIONS }, (_, n) => n))
      await eventually(async () => {
        const value = Buffer.from('record')
        const records = [...left].map((partition) => ({ topic, partition, key: null, value }))
        const outcomes = await producer.produce(records)
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.status === 'acknowledged') left.delete(records[index]?.partition ?? -1)
        }
        assert.deepEqual([...left], [], 'not acknowledged')
      }, waiting)
      acknowledged += config.KAFKA_PARTITIONS
    }
    const joinAndRead = async (consumerGroup: string): Promise<void> => {
      await using member = createConsumer({
        kafka,
        consumerGroup,
        topics: [topic],
        budget: createMemoryBudget(10_000_000),
        onOutOfRange: 'halt',
        log,
      })
      let seen = 0
      await eventually(async () => {
        const event = await member.fetch({ maxWaitMs: 200, signal: AbortSignal.timeout(5_000) })
        if (event.kind === 'revoked') event.release()
        if (event.kind === 'assigned') seen = 0
        if (event.kind === 'records') seen += event.records.length
        assert.ok(seen >= acknowledged, `${seen} of ${acknowledged}`)
      }, waiting)
    }
    const inSync = async (): Promise<void> =>
      eventually(async () => {
        for (const each of await partitions()) assert.equal(each.inSync.length, 3)
      }, waiting)

    const demanding = { partitionCountByTopic: { demanding: 1 }, kafka, log }
    const settings = { replicationFactor: 3, minInsyncReplicas: 3, retentionMs: 3_600_000 }
    await createTopics({ ...demanding, settings })
    await using demandingProducer = createProducer(demanding)
    const produceDemanding = async (): Promise<string | undefined> => {
      const record = { topic: 'demanding', partition: 0, key: null, value: Buffer.from('record') }
      return (await demandingProducer.produce([record]))[0]?.status
    }

    await using before = openProducer()
    await produceEverywhere(before)
    await eventually(async () => assert.equal(await produceDemanding(), 'acknowledged'), waiting)
    assert.ok((await partitions()).some(({ leader }) => leader === 1))

    await t.test(
      'killed: those who knew it go on, those who come now find the others',
      async () => {
        first.kill('SIGKILL')
        await using after = openProducer()
        await produceEverywhere(before)
        await produceEverywhere(after)
        await eventually(async () => {
          assert.equal(await produceDemanding(), 'unacknowledged')
          assert.match(demandingProducer.notReadyReason ?? '', /NOT_ENOUGH_REPLICAS/)
        }, waiting)
        await joinAndRead('killed')
        assert.ok(
          (await readGroupOffsets({ kafka, consumerGroup: 'none', topics: [topic], log })).length,
        )
      },
    )

    await t.test(
      'it comes back without its disk: everything acknowledged is copied to it',
      async () => {
        await rm(join(stack.logDir, '..', first.name, 'data'), { recursive: true })
        await first.restart()
        await inSync()
        await produceEverywhere(before)
        await eventually(
          async () => assert.equal(await produceDemanding(), 'acknowledged'),
          waiting,
        )
        await joinAndRead('replaced')
      },
    )

    await t.test(
      'frozen: it holds its connections, and yet nobody waits for it for long',
      async () => {
        first.kill('SIGSTOP')
        try {
          await using after = openProducer()
          await produceEverywhere(before)
          await produceEverywhere(after)
          await joinAndRead('frozen')
        } finally {
          first.kill('SIGCONT')
        }
        await inSync()
        await produceEverywhere(before)
      },
    )
  },
)
