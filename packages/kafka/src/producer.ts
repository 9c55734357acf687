import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Producer as KafkaJsProducer } from 'kafkajs'
import type { Logger } from '@custom-events/service'
import { createAccumulator, type PartitionBatch } from './accumulator.ts'
import { watchConnection } from './connection.ts'
import type { KafkaConfig } from './kafka-config.ts'
import type { OutgoingRecord, ProduceOutcome } from './records.ts'

export interface Producer extends AsyncDisposable {
  /**
   * Produces with acks=-1 and resolves with one outcome per record, in order, within
   * `deliveryTimeoutMs` whatever Kafka does. `unacknowledged` means: it may or may not be in Kafka.
   */
  produce(records: readonly OutgoingRecord[]): Promise<readonly ProduceOutcome[]>
  /** `null` when Kafka can be used and the topics have their partitions, else why not. */
  readonly notReadyReason: string | null
  readonly bufferedBytes: number
  /** The buffer is full: `produce` would answer `backpressure`. */
  readonly isFull: boolean
}

export interface ProducerOptions {
  readonly kafka: KafkaConfig
  /** Topics that will be produced to, with the partition count each must have. */
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly log: Logger
  /** @default 5_000 */
  readonly deliveryTimeoutMs?: number
  /** How long a record may wait for others to share its request. @default 3 */
  readonly lingerMs?: number
  /** @default 67_108_864 (64 MiB) */
  readonly maxBufferedBytes?: number
}

const BATCH_LIMITS = { maxBatchRecords: 1_000, maxBatchBytes: 256 * 1_024 }
/** Kafka's own framing of a record, roughly; counted so that empty records are not free. */
const RECORD_OVERHEAD_BYTES = 100
const RETRY_DELAY_MS = 100

/** Connects in the background and reconnects for ever; never throws because Kafka is away. */
export function createProducer(options: ProducerOptions): Producer {
  const {
    log,
    deliveryTimeoutMs = 5_000,
    lingerMs = 3,
    maxBufferedBytes = 64 * 1_024 ** 2,
  } = options
  const accumulator = createAccumulator(BATCH_LIMITS)
  let client: KafkaJsProducer | null = null
  let attempt = 0
  let lingerTimer: NodeJS.Timeout | null = null
  let isClosed = false

  const connection = watchConnection({
    kafka: options.kafka,
    partitionCountByTopic: options.partitionCountByTopic,
    log,
    open: async (kafka) => {
      const mine = ++attempt
      const opened = kafka.producer({
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      })
      try {
        await opened.connect()
      } catch (error) {
        await opened.disconnect().catch(() => {})
        throw error
      }
      // Connected too late: nobody waits for it any more, and a newer one may be in use.
      if (mine === attempt) client = opened
      else await opened.disconnect()
    },
    close: async () => {
      attempt += 1
      const closing = client
      client = null
      await closing?.disconnect()
    },
  })

  const flush = (): void => {
    if (lingerTimer !== null) clearTimeout(lingerTimer)
    lingerTimer = null
    const batches = accumulator.takeReady()
    if (batches.length > 0) void send(batches)
  }

  const flushSoon = (): void => {
    lingerTimer ??= setTimeout(flush, lingerMs)
  }

  const send = async (batches: readonly PartitionBatch[]): Promise<void> => {
    // Together once; only a partition by itself is worth waiting for.
    const patienceMs = batches.length > 1 ? 0 : deliveryTimeoutMs
    try {
      const offsets = await sendUntilAcknowledged(batches, performance.now() + patienceMs)
      for (const batch of batches) settleAcknowledged(batch, offsets)
    } catch (err) {
      log.debug({ err, partitions: batches.length }, 'produce request failed')
      connection.suspect()
      // One partition that cannot be written must not fail the others of its request.
      if (batches.length > 1) return sendApart(batches)
      for (const batch of batches) settleUnacknowledged(batch)
    }
    for (const batch of batches) accumulator.release(batch)
    if (!accumulator.isEmpty) flush()
  }

  /** Kafka may hold some of them already; the copies are absorbed by the identity of an event. */
  const sendApart = (batches: readonly PartitionBatch[]): void => {
    for (const batch of batches) void send([batch])
  }

  const sendUntilAcknowledged = async (
    batches: readonly PartitionBatch[],
    deadline: number,
  ): Promise<ReadonlyMap<string, number>> => {
    for (;;) {
      if (client === null) throw new Error('not connected to Kafka')
      try {
        return await sendOnce(client, batches)
      } catch (error) {
        // kafkajs is told not to retry, so a retriable error always arrives as "retries exceeded".
        const isRetriable = error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded
        if (!isRetriable || performance.now() + RETRY_DELAY_MS >= deadline) throw error
        connection.suspect()
        await delay(RETRY_DELAY_MS)
      }
    }
  }

  return {
    produce: (records) => {
      const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
      if (isClosed || connection.notReadyReason !== null) {
        return Promise.resolve(records.map(() => UNAVAILABLE))
      }
      if (accumulator.bufferedBytes + bytes > maxBufferedBytes) {
        return Promise.resolve(records.map(() => BACKPRESSURE))
      }
      return new Promise((resolve) => {
        const delivery = startDelivery(records.length, deliveryTimeoutMs, resolve)
        let isBatchFull = false
        for (const [index, record] of records.entries()) {
          const full = accumulator.append({
            record,
            bytes: sizeOf(record),
            isAbandoned: delivery.isOver,
            settle: (outcome) => delivery.settle(index, outcome),
          })
          isBatchFull ||= full
        }
        if (isBatchFull) flush()
        else flushSoon()
      })
    },
    get notReadyReason() {
      return connection.notReadyReason
    },
    get bufferedBytes() {
      return accumulator.bufferedBytes
    },
    get isFull() {
      return accumulator.bufferedBytes >= maxBufferedBytes
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      flush()
      const deadline = performance.now() + deliveryTimeoutMs
      while (!accumulator.isEmpty && performance.now() < deadline) await delay(5)
      await connection[Symbol.asyncDispose]()
    },
  }
}

const UNAVAILABLE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }
const BACKPRESSURE: ProduceOutcome = { status: 'unacknowledged', reason: 'backpressure' }

/** Collects the outcomes of one `produce` call; what is missing at the deadline is unacknowledged. */
function startDelivery(
  count: number,
  timeoutMs: number,
  resolve: (outcomes: readonly ProduceOutcome[]) => void,
): { isOver: () => boolean; settle: (index: number, outcome: ProduceOutcome) => void } {
  const outcomes: ProduceOutcome[] = Array.from({ length: count }, () => UNAVAILABLE)
  let missing = count
  let isOver = false
  const finish = (): void => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    resolve(outcomes)
  }
  const timer = setTimeout(finish, timeoutMs)
  if (count === 0) finish()
  return {
    isOver: () => isOver,
    settle: (index, outcome) => {
      if (isOver) return
      outcomes[index] = outcome
      missing -= 1
      if (missing === 0) finish()
    },
  }
}

/** One produce request a broker. @returns the offset of each partition's first record. */
async function sendOnce(
  client: KafkaJsProducer,
  batches: readonly PartitionBatch[],
): Promise<ReadonlyMap<string, number>> {
  const metadata = await client.sendBatch({
    acks: -1,
    timeout: 4_000,
    topicMessages: byTopic(batches),
  })
  const offsets = new Map<string, number>()
  for (const { topicName, partition, baseOffset } of metadata) {
    if (baseOffset !== undefined) offsets.set(`${topicName}/${partition}`, Number(baseOffset))
  }
  return offsets
}

function byTopic(batches: readonly PartitionBatch[]) {
  return batches.map(({ topic, partition, records }) => ({
    topic,
    messages: records.map(({ record: { key, value, headers } }) => ({
      key,
      value,
      partition,
      ...(headers === undefined ? {} : { headers }),
    })),
  }))
}

function settleAcknowledged(batch: PartitionBatch, offsets: ReadonlyMap<string, number>): void {
  const first = offsets.get(`${batch.topic}/${batch.partition}`)
  if (first === undefined) return settleUnacknowledged(batch)
  for (const [index, { settle }] of batch.records.entries()) {
    settle({ status: 'acknowledged', offset: first + index })
  }
}

function settleUnacknowledged(batch: PartitionBatch): void {
  for (const { settle } of batch.records) settle(UNAVAILABLE)
}

function sizeOf({ key, value }: OutgoingRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES
}
