import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@custom-events/runtime'
import { createAccumulator, sizeOf, type PartitionBatch } from './accumulator.ts'
import { acknowledge, createFates, giveUp, RETRY_DELAY_MS } from './batch-fate.ts'
import { createDeliveries, UNAVAILABLE } from './deliveries.ts'
import type { KafkaConfig } from '../kafkajs/kafka-config.ts'
import { createProduceHealth } from './produce-health.ts'
import type { BatchResult, OnSent } from './produce-link.ts'
import { openProducerConnection } from './producer-connection.ts'
import type { Compression } from '../record-batch/compression/compressor.ts'
import type { OutgoingRecord, ProduceFailure, ProduceOutcome } from '../records.ts'
import { fitting } from './too-large.ts'
import { createTopicLimits } from '../topics/topic-limits.ts'
import type { ProduceTrouble } from '../topics/topic-troubles.ts'

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
  /** Whoever brings much had better wait, so that whoever brings little finds room. So it is, too, when it is full. */
  readonly isHalfFull: boolean
  /** What does not work, also where it is of use all the same: a partition without a leader, a side topic. */
  readonly troubles: readonly ProduceTrouble[]
  /** Bytes of the largest record batch that the topic takes; `Infinity`: not known. */
  maxBatchBytes(topic: string): number
}

export interface ProducerOptions {
  readonly kafka: KafkaConfig
  /** Topics that will be produced to, with the partition count each must have. */
  readonly partitionCountByTopic: Readonly<Record<string, number>>
  readonly log: Logger
  /** Topics without which the producer is of use: their troubles do not make it not ready. @default none */
  readonly sideTopics?: readonly string[]
  /** Told of every batch that Kafka did not take, attempt by attempt. */
  readonly onFailure?: (failure: ProduceFailure) => void
  /** @default 5_000 */
  readonly deliveryTimeoutMs?: number
  /** How long a record may wait for others to share its request. @default 3 */
  readonly lingerMs?: number
  /** @default 67_108_864 (64 MiB) */
  readonly maxBufferedBytes?: number
  /** `kafkajs`: its own produce requests, whatever the brokers speak; to compare with. @default 'direct' */
  readonly requests?: 'direct' | 'kafkajs'
  /** Of batches of 16 KiB and more, where it makes them smaller. @default 'none' */
  readonly compression?: Compression
  /** Told of every request of ours. */
  readonly onSent?: OnSent
}

const MAX_BATCH_RECORDS = 1_000
const BACKPRESSURE: ProduceOutcome = { status: 'unacknowledged', reason: 'backpressure' }

/** Connects in the background and reconnects for ever; never throws because Kafka is away. */
export function createProducer(options: ProducerOptions): Producer {
  const {
    log,
    deliveryTimeoutMs = 5_000,
    lingerMs = 3,
    maxBufferedBytes = 64 * 1_024 ** 2,
    requests = 'direct',
    compression = 'none',
    onFailure = () => {},
    onSent = () => {},
  } = options
  const limits = createTopicLimits()
  const health = createProduceHealth(() => performance.now())
  const accumulator = createAccumulator({
    maxBatchRecords: MAX_BATCH_RECORDS,
    limitOf: (topic) => limits.of(topic),
  })
  const deliveries = createDeliveries(deliveryTimeoutMs)
  const connection = openProducerConnection({
    kafka: options.kafka,
    partitionCountByTopic: options.partitionCountByTopic,
    sideTopics: options.sideTopics ?? [],
    requests,
    compression,
    onSent,
    health,
    limits,
    log,
  })
  const fateOf = createFates({ limits, health, onFailure, log })
  let lingerTimer: NodeJS.Timeout | null = null
  let isClosed = false

  const flush = (): void => {
    if (lingerTimer !== null) clearTimeout(lingerTimer)
    lingerTimer = null
    const batches = accumulator.takeReady()
    const groups = connection.link?.group(batches) ?? [batches]
    for (const group of groups) if (group.length > 0) void send(group)
  }

  /** Records that came meanwhile share a request with those that come within the linger time. */
  const flushIfDue = (): void => {
    if (lingerTimer === null || accumulator.hasFullBatch) flush()
  }

  /** One request. What failed and may be repeated is: each partition by itself, holding up no other. */
  const send = async (batches: readonly PartitionBatch[], attempts = 1): Promise<void> => {
    const results = await connection.link?.send(batches)
    for (const [index, batch] of batches.entries()) follow(batch, results?.[index], attempts)
    const failure = results?.find(({ status }) => status === 'failed')
    if (failure?.status === 'failed') connection.suspect(failure.error)
    if (!accumulator.isEmpty) flushIfDue()
  }

  /** @param result `undefined` without a connection. */
  const follow = (
    batch: PartitionBatch,
    result: BatchResult | undefined,
    attempts: number,
  ): void => {
    if (result?.status === 'acknowledged') {
      health.acknowledged(batch)
      acknowledge(batch, result.baseOffset)
      return accumulator.release(batch)
    }
    const fate = result === undefined ? null : fateOf(batch, result, attempts)
    if (fate?.step === 'again') return void sendAgain(batch, attempts)
    if (fate?.step === 'split') return accumulator.split(batch)
    giveUp(batch, fate)
    accumulator.release(batch)
  }

  /** Kafka may hold its records already; the copies are absorbed by the identity of an event. */
  const sendAgain = async (batch: PartitionBatch, attempts: number): Promise<void> => {
    await delay(RETRY_DELAY_MS)
    await connection.link
      ?.refresh()
      .catch((err: unknown) => log.debug({ err }, 'no news of the leaders'))
    await send([batch], attempts + 1)
  }

  const produceFitting = (
    records: readonly OutgoingRecord[],
  ): Promise<readonly ProduceOutcome[]> => {
    if (records.length === 0) return Promise.resolve([])
    return new Promise((resolve) => {
      accumulator.append(records, deliveries.start(records.length, resolve))
      if (accumulator.hasFullBatch) flush()
      else lingerTimer ??= setTimeout(flush, lingerMs)
    })
  }

  return {
    produce: (records) => {
      if (isClosed || connection.notReadyReason !== null) {
        return Promise.resolve(records.map(() => UNAVAILABLE))
      }
      let bytes = 0
      let largest = 0
      for (const record of records) {
        const size = sizeOf(record)
        bytes += size
        if (size > largest) largest = size
      }
      if (accumulator.bufferedBytes + bytes > maxBufferedBytes) {
        return Promise.resolve(records.map(() => BACKPRESSURE))
      }
      if (largest <= limits.lowest) return produceFitting(records)
      return fitting(records, (topic) => limits.of(topic).maxBytes, produceFitting)
    },
    get notReadyReason() {
      return connection.notReadyReason
    },
    get troubles() {
      return connection.troubles
    },
    maxBatchBytes: (topic) => limits.of(topic).maxBytes,
    get bufferedBytes() {
      return accumulator.bufferedBytes
    },
    get isFull() {
      return accumulator.bufferedBytes >= maxBufferedBytes
    },
    get isHalfFull() {
      return accumulator.bufferedBytes >= maxBufferedBytes / 2
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
