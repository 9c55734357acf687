import { setTimeout as delay } from 'node:timers/promises'
import { createEventCodec, eventAvroSchema } from '@custom-events/codec'
import { BLANK_EVENT, partitionOf, type TrackedEvent } from '@custom-events/event'
import {
  createProducer,
  createSchemaRegistry,
  type Compression,
  type KafkaConfig,
  type OutgoingRecord,
  type Producer,
} from '@custom-events/kafka'
import { createLogger } from '@custom-events/runtime'

const RECORDS_PER_CALL = 5_000
const CALLS_IN_FLIGHT = 2
const READY_LIMIT_MS = 30_000
const ACCOUNTS = 500
const PARTITIONS = 12
const EVENTS = ['page_viewed', 'feature_used', 'report_exported', 'user_invited', 'plan_changed']

/** An event of about 300 bytes as a record, a pure function of its number. */
export function sampleEvent(number: number, startMs: number): TrackedEvent {
  const user = (number * 7_919) % 50_000
  const millis = startMs + Math.floor(number / 10)
  return {
    ...BLANK_EVENT,
    event_id: `018bd5c4-7000-7000-8000-${number.toString(16).padStart(12, '0')}`,
    event: EVENTS[number % EVENTS.length] ?? '',
    group_id: `account_${(number * 31) % ACCOUNTS}`,
    user_id: `user_${user}`,
    timestamp: millis - (number % 1_000),
    received_at: millis,
    properties: `{"feature_name":"analytics_dashboard","duration_ms":${number % 9_973},"plan":"enterprise","is_trial":false,"path":"/reports/${number % 997}"}`,
    context: `{"ip":"203.0.113.${number % 256}","locale":"en-GB","userAgent":"Mozilla/5.0"}`,
    source: 'web',
  }
}

/** The same event as a line of JSON, with names and values as the table has them. */
function asJson(event: TrackedEvent): Buffer {
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
  const { timestamp, received_at, ...same } = event
  return Buffer.from(
    JSON.stringify({ ...same, timestamp: time(timestamp), received_at: time(received_at) }),
  )
}

/** Fills a topic with so many events, in the form that our consumer reads or as lines of JSON. */
export async function fillTopic(options: {
  readonly kafka: KafkaConfig
  readonly registryUrl: string
  readonly topic: string
  readonly form: 'avro' | 'json'
  readonly compression: Compression
  readonly records: number
  readonly onProgress: (line: string) => void
}): Promise<void> {
  const { kafka, topic, form, compression, records, onProgress } = options
  const schemaId = await createSchemaRegistry({ url: options.registryUrl }).register(
    `${topic}-value`,
    eventAvroSchema,
  )
  const codec = createEventCodec()
  await using producer = createProducer({
    kafka,
    partitionCountByTopic: { [topic]: PARTITIONS },
    log: createLogger({ service: 'bench', level: 'fatal' }),
    deliveryTimeoutMs: 60_000,
    compression,
  })
  await untilReady(producer)
  // Every record of a day, so that a table has one month however the clock stands.
  const startMs = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 2)
  const recordOf = (number: number): OutgoingRecord => {
    const event = sampleEvent(number, startMs)
    const { group_id: group } = event
    const value = form === 'avro' ? codec.encode(event, schemaId) : asJson(event)
    return { topic, partition: partitionOf(group, PARTITIONS), key: Buffer.from(group), value }
  }
  const produce = async (from: number): Promise<void> => {
    const count = Math.min(RECORDS_PER_CALL, records - from)
    const outcomes = await producer.produce(
      Array.from({ length: count }, (_, n) => recordOf(from + n)),
    )
    const isComplete = outcomes.every(({ status }) => status === 'acknowledged')
    if (!isComplete) throw new Error(`${topic}: Kafka did not acknowledge every record of the fill`)
  }
  const running: Promise<void>[] = []
  for (let from = 0; from < records; from += RECORDS_PER_CALL) {
    running.push(produce(from))
    if (running.length >= CALLS_IN_FLIGHT) await running.shift()
    if (from % 250_000 === 0) onProgress(`${topic}: ${from} of ${records} records produced`)
  }
  await Promise.all(running)
}

async function untilReady(producer: Pick<Producer, 'notReadyReason'>): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS
  while (producer.notReadyReason !== null) {
    if (Date.now() > deadline) throw new Error(`the fill cannot begin: ${producer.notReadyReason}`)
    await delay(50)
  }
}
