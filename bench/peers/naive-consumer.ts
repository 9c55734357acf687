// A consumer as one writes it first, with the libraries as their documentation shows them: a peer of the
// benchmark. It may lose or double rows when it is killed.
import { createClient } from '@clickhouse/client'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'

const variable = (name: string): string => process.env[name] ?? ''
const registry = new SchemaRegistry({ host: variable('SCHEMA_REGISTRY_URL') })
const clickhouse = createClient({
  url: variable('CLICKHOUSE_URL'),
  username: variable('CLICKHOUSE_USER'),
  password: variable('CLICKHOUSE_PASSWORD'),
  database: variable('CLICKHOUSE_DATABASE'),
})
const kafka = new Kafka({
  brokers: variable('KAFKA_BROKERS').split(','),
  logLevel: logLevel.NOTHING,
})
const consumer = kafka.consumer({ groupId: variable('KAFKA_CONSUMER_GROUP') })

await consumer.connect()
await consumer.subscribe({ topic: variable('KAFKA_TOPIC'), fromBeginning: true })
await consumer.run({
  eachBatch: async ({ batch }) => {
    const values: Record<string, unknown>[] = []
    for (const { value, offset } of batch.messages) {
      if (value === null) continue
      const { sent_at, received_at, ...event } = (await registry.decode(value)) as Record<
        string,
        unknown
      >
      const times = { set_sent_at: sent_at, set_received_at: received_at }
      values.push({ ...event, ...times, kafka_partition: batch.partition, version: offset })
    }
    const columns = Object.keys(values[0] ?? {}) as [string, ...string[]] // an event has fields
    await clickhouse.insert({ table: 'events', values, columns, format: 'JSONEachRow' })
  },
})
process.once('SIGTERM', () => void consumer.disconnect().then(() => process.exit(0)))
