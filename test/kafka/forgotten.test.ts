// A real broker behind a firewall that starts anew, or cuts: connections that are never told, or end within an answer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { freePort, startKafka } from '@custom-events/embedded'
import { createProducer, createTopics, type KafkaConfig } from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'
import { eventually } from '../support/eventually.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const settings = { replicationFactor: 1, minInsyncReplicas: 1, retentionMs: 3_600_000 }
const topic = 'forgotten'
const partitionCountByTopic = { [topic]: 1 }

test('a producer goes on over another connection when one is forgotten, or cut within an answer', async () => {
  const [port, relayPort] = [await freePort(), await freePort()]
  await using server = await startKafka({
    kafkaListeners: [{ name: 'WALLED', port, advertisedPort: relayPort }],
  })
  await using relay = await startRelay(relayPort, port)
  const direct = kafkaAt(server.environment.KAFKA_BROKERS)
  await createTopics({ kafka: direct, partitionCountByTopic, settings, log })
  const kafka = kafkaAt(`127.0.0.1:${relayPort}`)
  await using producer = createProducer({ kafka, partitionCountByTopic, log })
  const isTaken = async (): Promise<void> => {
    const record = { topic, partition: 0, key: null, value: Buffer.from('record') }
    assert.equal((await producer.produce([record]))[0]?.status, 'acknowledged')
  }
  await eventually(isTaken, { withinMs: 60_000 })

  relay.forget()
  await eventually(isTaken, { withinMs: 60_000 })
  assert.equal(producer.notReadyReason, null)

  relay.cutNextAnswer()
  await eventually(isTaken, { withinMs: 60_000 })
  await isTaken()
})

function kafkaAt(brokers: string): KafkaConfig {
  return { brokers: [brokers], clientId: 'test', isTlsEnabled: false, sasl: null }
}

interface Relay extends AsyncDisposable {
  /** What is open now stays open, and nothing passes it any more. */
  forget(): void
  /** The next answer ends after six bytes, with a reset. */
  cutNextAnswer(): void
}

async function startRelay(port: number, target: number): Promise<Relay> {
  const open = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()
  let isCutting = false
  const server = createServer((client) => {
    const broker = connect({ port: target, host: '127.0.0.1' })
    open.add(client)
    client.on('data', (bytes) => {
      if (!forgotten.has(client)) broker.write(bytes)
    })
    broker.on('data', (bytes) => {
      if (forgotten.has(client)) return
      if (!isCutting) return void client.write(bytes)
      isCutting = false
      client.write(bytes.subarray(0, 6))
      setTimeout(() => client.resetAndDestroy(), 50)
    })
    for (const socket of [client, broker]) socket.on('error', () => {}) // cut on purpose
    client.once('close', () => broker.destroy())
    broker.once('close', () => forgotten.has(client) || client.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    forget: () => open.forEach((client) => forgotten.add(client)),
    cutNextAnswer: () => void (isCutting = true),
    [Symbol.asyncDispose]: async () => {
      for (const client of open) client.destroy()
      server.close()
    },
  }
}
