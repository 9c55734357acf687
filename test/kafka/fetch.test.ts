// Records that only kafkajs reads, and records that a bit of noise falls on, through a real broker.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { freePort, startKafka } from '@custom-events/embedded'
import {
  createConsumer,
  createMemoryBudget,
  createProducer,
  createTopics,
  type FetchedRecord,
  type KafkaConfig,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { produceOddly } from '../../packages/kafka/src/testing/odd-records.fixture.ts'
import { eventually } from '../support/eventually.ts'
import { servers } from '../support/servers.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }

function kafkaAt(brokers: string): KafkaConfig {
  return { brokers: brokers.split(','), clientId: 'test', isTlsEnabled: false, sasl: null }
}

/** So many records of partition 0, read by a consumer group of its own. */
async function readAll(
  t: TestContext,
  kafka: KafkaConfig,
  { topic, records }: { readonly topic: string; readonly records: number },
): Promise<readonly FetchedRecord[]> {
  await using member = createConsumer({
    kafka,
    consumerGroup: `reads-${topic}`,
    topics: [topic],
    budget: createMemoryBudget(10_000_000),
    onOutOfRange: 'halt',
    log,
  })
  const read: FetchedRecord[] = []
  while (read.length < records) {
    const event = await member.fetch({ maxWaitMs: 1_000, signal: t.signal })
    if (t.signal.aborted) assert.fail(`${read.length} of ${records} records were read`)
    if (event.kind === 'records') read.push(...event.records)
    if (event.kind === 'revoked') event.release()
  }
  return read
}

/** A relay that flips a bit of a text, the first times that a broker sends it. */
async function startFlippingRelay(options: {
  readonly port: number
  readonly target: () => number
  readonly text: Buffer
  readonly times: number
}): Promise<AsyncDisposable & { readonly flipped: number }> {
  let flipped = 0
  const server = createServer((client) => {
    const broker = connect({ port: options.target(), host: '127.0.0.1' })
    client.pipe(broker)
    broker.on('data', (bytes: Buffer) => {
      const at = flipped < options.times ? bytes.indexOf(options.text) : -1
      if (at !== -1) {
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x20, at)
        flipped++
      }
      client.write(bytes)
    })
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('error', () => {}).once('close', () => other.destroy())
    }
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    get flipped() {
      return flipped
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

test(
  'what is compressed or in a transaction is read as kafkajs reads it, an aborted record is not',
  { timeout: 120_000 },
  async (t) => {
    await using shared = await servers()
    const kafka = kafkaAt(shared.environment.KAFKA_BROKERS)
    const topic = `odd-${process.pid}`
    await createTopics({ kafka, partitionCountByTopic: { [topic]: 1 }, settings, log })
    const expected = await eventually(() => produceOddly(kafka, topic, log), { withinMs: 60_000 })
    const read = await readAll(t, kafka, { topic, records: expected.length })
    assert.deepEqual(
      read.map(({ value }) => value?.toString() ?? null),
      expected,
    )
    assert.deepEqual(
      read.map(({ key }) => key?.toString() ?? null),
      expected.map((value) => (value === 'third' ? null : 'key')),
    )
    for (const { headers } of read) {
      assert.deepEqual({ ...headers }, { one: Buffer.from('a'), list: Buffer.from('c') })
    }
  },
)

test(
  'a bit that flips on the wire never becomes a record: what it fell on is fetched again',
  { timeout: 120_000 },
  async (t) => {
    const [port, relayPort] = [await freePort(), await freePort()]
    await using server = await startKafka({
      kafkaListeners: [{ name: 'NOISY', port, advertisedPort: relayPort }],
    })
    const text = Buffer.from('precious')
    const topic = 'noise'
    await using relay = await startFlippingRelay({
      port: relayPort,
      target: () => port,
      text,
      times: 3,
    })
    const direct = kafkaAt(server.environment.KAFKA_BROKERS)
    const partitionCountByTopic = { [topic]: 1 }
    await createTopics({ kafka: direct, partitionCountByTopic, settings, log })
    await using producer = createProducer({ kafka: direct, partitionCountByTopic, log })
    await eventually(
      async () => {
        const record = { topic, partition: 0, key: null, value: text }
        const [outcome] = await producer.produce([record])
        assert.equal(outcome?.status, 'acknowledged')
      },
      { withinMs: 60_000 },
    )
    const [record] = await readAll(t, kafkaAt(`127.0.0.1:${relayPort}`), { topic, records: 1 })
    assert.equal(record?.value?.toString(), 'precious')
    assert.equal(relay.flipped, 3)
  },
)
