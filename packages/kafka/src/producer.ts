import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@custom-events/service'
import { createAccumulator, sizeOf, type PartitionBatch } from './accumulator.ts'
import { watchConnection } from './connection.ts'
import { createDeliveries, UNAVAILABLE } from './deliveries.ts'
import type { KafkaConfig } from './kafka-config.ts'
import { openLink } from './open-link.ts'
import type { BatchResult, ProduceLink } from './produce-link.ts'
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
  /** `kafkajs`: its own produce requests, whatever the brokers speak; to compare with. @default 'lean' */
  readonly requests?: 'lean' | 'kafkajs'
}

const BATCH_LIMITS = { maxBatchRecords: 1_000, maxBatchBytes: 256 * 1_024 }
const RETRY_DELAY_MS = 100
const BACKPRESSURE: ProduceOutcome = { status: 'unacknowledged', reason: 'backpressure' }

/** Connects in the background and reconnects for ever; never throws because Kafka is away. */
export function createProducer(options: ProducerOptions): Producer {
  const {
    log,
    deliveryTimeoutMs = 5_000,
    lingerMs = 3,
    maxBufferedBytes = 64 * 1_024 ** 2,
    requests = 'lean',
  } = options
  const topics = Object.keys(options.partitionCountByTopic)
  const accumulator = createAccumulator(BATCH_LIMITS)
  const deliveries = createDeliveries(deliveryTimeoutMs)
  let link: ProduceLink | null = null
  let attempt = 0
  let lingerTimer: NodeJS.Timeout | null = null
  let isClosed = false

  const connection = watchConnection({
    kafka: options.kafka,
    partitionCountByTopic: options.partitionCountByTopic,
    log,
    open: async (kafka) => {
      const mine = ++attempt
      const opened = await openLink(kafka, { topics, requests, log })
      // Connected too late: nobody waits for it any more, and a newer one may be in use.
      if (mine === attempt) link = opened
      else await opened.close()
    },
    close: async () => {
      attempt += 1
      const closing = link
      link = null
      await closing?.close()
    },
  })

  const flush = (): void => {
    if (lingerTimer !== null) clearTimeout(lingerTimer)
    lingerTimer = null
    const batches = accumulator.takeReady()
    for (const group of link?.group(batches) ?? [batches]) if (group.length > 0) void send(group)
  }

  /** Records that came meanwhile share a request with those that come within the linger time. */
  const flushIfDue = (): void => {
    if (lingerTimer === null || accumulator.hasFullBatch) flush()
  }

  /** One request. What failed and may be repeated is: each partition by itself, holding up no other. */
  const send = async (batches: readonly PartitionBatch[]): Promise<void> => {
    const results = link === null ? [] : await link.send(batches)
    for (const [index, batch] of batches.entries()) {
      const result = results[index] ?? NOT_CONNECTED
      if (mayRepeat(batch, result)) void sendAgain(batch)
      else {
        settle(batch, result)
        accumulator.release(batch)
      }
    }
    const failure = results.find(({ status }) => status === 'failed')
    if (failure?.status === 'failed') {
      log.debug({ err: failure.error, partitions: batches.length }, 'produce request failed')
      connection.suspect(failure.error)
    }
    if (!accumulator.isEmpty) flushIfDue()
  }

  /** Kafka may hold its records already; the copies are absorbed by the identity of an event. */
  const sendAgain = async (batch: PartitionBatch): Promise<void> => {
    await delay(RETRY_DELAY_MS)
    await link?.refresh().catch((err: unknown) => log.debug({ err }, 'no news of the leaders'))
    await send([batch])
  }

  return {
    produce: (records) => {
      if (isClosed || connection.notReadyReason !== null) {
        return Promise.resolve(records.map(() => UNAVAILABLE))
      }
      let bytes = 0
      for (const record of records) bytes += sizeOf(record)
      if (accumulator.bufferedBytes + bytes > maxBufferedBytes) {
        return Promise.resolve(records.map(() => BACKPRESSURE))
      }
      return new Promise((resolve) => {
        accumulator.append(records, deliveries.start(records.length, resolve))
        if (accumulator.hasFullBatch) flush()
        else lingerTimer ??= setTimeout(flush, lingerMs)
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
      deliveries[Symbol.dispose]()
      await connection[Symbol.asyncDispose]()
    },
  }
}

const NOT_CONNECTED: BatchResult = {
  status: 'failed',
  isRetriable: false,
  error: new Error('not connected to Kafka'),
}

/** Only while somebody will still wait for the next attempt. */
function mayRepeat({ deliveries }: PartitionBatch, result: BatchResult): boolean {
  const deadlineMs = deliveries.at(-1)?.deadlineMs ?? 0
  return (
    result.status === 'failed' &&
    result.isRetriable &&
    performance.now() + RETRY_DELAY_MS < deadlineMs
  )
}

function settle({ deliveries, indices }: PartitionBatch, result: BatchResult): void {
  for (let index = 0; index < deliveries.length; index++) {
    deliveries[index]?.settle(indices[index] ?? 0, outcomeOf(result, index))
  }
}

function outcomeOf(result: BatchResult, index: number): ProduceOutcome {
  if (result.status === 'failed') return UNAVAILABLE
  return { status: 'acknowledged', offset: result.baseOffset + index }
}
