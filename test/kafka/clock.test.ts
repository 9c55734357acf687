// The wall clock of a service is set back by a day. It stands still from then on, which is worse.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startKafka } from '@custom-events/embedded'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  type ConsumerEvent,
  type KafkaConfig,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const SESSION_TIMEOUT_MS = 6_000
const DAY_MS = 86_400_000
const topic = 'clock'

test(
  'a clock set back by a day: heartbeats go on, and an outage is noticed and survived',
  { timeout: 240_000 },
  async (t) => {
    await using server = await startKafka() // its own, because it is killed
    const kafka: KafkaConfig = {
      brokers: server.environment.KAFKA_BROKERS.split(','),
      clientId: 'test',
      isTlsEnabled: false,
      sasl: null,
    }
    const partitionCountByTopic = { [topic]: 1 }
    const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }
    await createTopics({ kafka, partitionCountByTopic, settings, log })
    await using producer = createProducer({ kafka, partitionCountByTopic, log })
    await using member = createConsumer({
      kafka,
      consumerGroup: 'clock',
      topics: [topic],
      budget: createMemoryBudget(10_000_000),
      onOutOfRange: 'halt',
      log,
      times: { sessionTimeoutMs: SESSION_TIMEOUT_MS, heartbeatMs: 500 },
    })
    const until = async (isWanted: (event: ConsumerEvent) => boolean): Promise<ConsumerEvent> => {
      for (;;) {
        t.signal.throwIfAborted()
        const event = await member.fetch({ maxWaitMs: 1_000, signal: t.signal })
        if (isWanted(event)) return event
        if (event.kind === 'revoked') event.release()
      }
    }
    const assigned = await until(({ kind }) => kind === 'assigned')
    assert.ok(assigned.kind === 'assigned')
    const produce = async (): Promise<number> => {
      const record = { topic, partition: 0, key: null, value: Buffer.from('x') }
      const [outcome] = await producer.produce([record])
      assert.ok(outcome?.status === 'acknowledged')
      return outcome.offset
    }
    await eventually(produce, { withinMs: 60_000 })

    t.mock.timers.enable({ apis: ['Date'], now: Date.now() - DAY_MS })
    await delay(2 * SESSION_TIMEOUT_MS) // what must not happen, being expelled, takes this long
    const isCommitted = await member.commit(assigned.epoch, [{ topic, partition: 0, offset: 1 }])
    assert.ok(isCommitted, 'the group has not expelled it')
    await produce()

    server.kafka.kill('SIGKILL')
    await eventually(
      async () => {
        await assert.rejects(produce)
        assert.match(String(producer.notReadyReason), /not reachable/)
      },
      { withinMs: 60_000 },
    )
    await server.kafka.restart()
    let last = Infinity
    await eventually(
      async () => {
        last = await produce()
      },
      { withinMs: 60_000 },
    )
    // After a quick restart it is still a member, and is not assigned anything anew.
    await until((event) => event.kind === 'records' && event.next > last)
  },
)
