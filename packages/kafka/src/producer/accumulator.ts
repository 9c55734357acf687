import type { Delivery } from './deliveries.ts'
import { headersRoom } from '../record-batch/record-batch.ts'
import { keyBytesOf, valueBytesOf, type OutgoingRecord } from '../records.ts'
import type { BatchLimit } from '../topics/topic-limits.ts'

/**
 * What one partition contributes to one produce request. The columns belong together: `deliveries[i]`
 * waits for `records[i]`, which is number `indices[i]` of its call.
 */
export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly OutgoingRecord[]
  readonly deliveries: readonly Delivery[]
  readonly indices: readonly number[]
  readonly bytes: number
  /** Its partition may send again once it is given back. */
  readonly queue: PartitionQueue
}

export interface BatchLimits {
  readonly maxBatchRecords: number
  /** How full batches of a topic are made. */
  readonly limitOf: (topic: string) => Pick<BatchLimit, 'fillBytes'>
}

export interface Accumulator {
  /** Bytes held, including those being sent. */
  readonly bufferedBytes: number
  readonly isEmpty: boolean
  /** A batch is full, and nothing of its partition is unacknowledged. */
  readonly hasFullBatch: boolean
  /** Takes all records of a call; `bytes` is the sum of their `sizeOf`. */
  append(records: readonly OutgoingRecord[], delivery: Delivery): void
  /** One batch of every partition that has records and nothing unacknowledged. */
  takeReady(): readonly PartitionBatch[]
  /** The batch is settled: its partition may send again. */
  release(batch: PartitionBatch): void
  /** The same, but it was too large: its halves are the next of its partition. */
  split(batch: PartitionBatch): void
}

interface GrowingBatch extends PartitionBatch {
  readonly records: OutgoingRecord[]
  readonly deliveries: Delivery[]
  readonly indices: number[]
  bytes: number
}

/** The batches of one partition, in their order; only the last one grows. */
interface PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly batches: GrowingBatch[]
  readonly limit: Pick<BatchLimit, 'fillBytes'>
  isInFlight: boolean
}

/** Kafka's own framing of a record and of a batch, roughly: 88 bytes at most. So empty records are not free. */
const RECORD_OVERHEAD_BYTES = 100

/** Never less than what a batch of this record alone takes: a sum of these bounds that of a batch. */
export function sizeOf(record: OutgoingRecord): number {
  const bytes = Math.max(0, keyBytesOf(record)) + Math.max(0, valueBytesOf(record))
  const { headers } = record
  return bytes + RECORD_OVERHEAD_BYTES + (headers === undefined ? 0 : headersRoom(headers))
}

/**
 * Records of all requests, gathered by partition. A partition has at most one batch unacknowledged,
 * so that a retried batch can never land behind a later one of the same account.
 *
 * A record costs an entry in three arrays and nothing else: no object of its own, no closure.
 */
export function createAccumulator(limits: BatchLimits): Accumulator {
  const { maxBatchRecords, limitOf } = limits
  const queuesByTopic = new Map<string, (PartitionQueue | undefined)[]>()
  const waiting = new Set<PartitionQueue>()
  let bufferedBytes = 0
  let inFlight = 0
  let hasFullBatch = false

  const queueOf = ({ topic, partition }: OutgoingRecord): PartitionQueue => {
    let queues = queuesByTopic.get(topic)
    if (queues === undefined) queuesByTopic.set(topic, (queues = []))
    return (queues[partition] ??= {
      topic,
      partition,
      batches: [],
      limit: limitOf(topic),
      isInFlight: false,
    })
  }

  const growing = (queue: PartitionQueue, bytes: number): GrowingBatch => {
    const last = queue.batches.at(-1)
    const hasRoom =
      last !== undefined &&
      last.records.length < maxBatchRecords &&
      last.bytes + bytes <= queue.limit.fillBytes
    if (hasRoom) return last
    const { topic, partition } = queue
    const next = { topic, partition, records: [], deliveries: [], indices: [], bytes: 0, queue }
    queue.batches.push(next)
    waiting.add(queue)
    return next
  }

  const isFull = ({ batches }: PartitionQueue): boolean =>
    batches.length > 1 || batches[0]?.records.length === maxBatchRecords

  /** The first batch that somebody waits for, of those that somebody waits for. */
  const take = (queue: PartitionQueue): PartitionBatch | null => {
    for (let batch = queue.batches.shift(); batch !== undefined; batch = queue.batches.shift()) {
      const wanted = withoutAbandoned(batch)
      bufferedBytes += wanted.bytes - batch.bytes
      if (wanted.records.length > 0) return wanted
    }
    return null
  }

  const giveBack = (queue: PartitionQueue): void => {
    inFlight -= 1
    queue.isInFlight = false
    hasFullBatch ||= isFull(queue)
  }

  return {
    get bufferedBytes() {
      return bufferedBytes
    },
    get isEmpty() {
      return inFlight === 0 && waiting.size === 0
    },
    get hasFullBatch() {
      return hasFullBatch
    },
    append: (records, delivery) => {
      for (let index = 0; index < records.length; index++) {
        const record = records[index]
        if (record === undefined) continue
        const queue = queueOf(record)
        const bytes = sizeOf(record)
        const batch = growing(queue, bytes)
        batch.records.push(record)
        batch.deliveries.push(delivery)
        batch.indices.push(index)
        batch.bytes += bytes
        bufferedBytes += bytes
        if (!hasFullBatch && !queue.isInFlight) hasFullBatch = isFull(queue)
      }
    },
    takeReady: () => {
      const ready: PartitionBatch[] = []
      for (const queue of waiting) {
        if (queue.isInFlight) continue
        const batch = take(queue)
        if (queue.batches.length === 0) waiting.delete(queue)
        if (batch === null) continue
        queue.isInFlight = true
        inFlight += 1
        ready.push(batch)
      }
      hasFullBatch = false
      return ready
    },
    release: ({ queue, bytes }) => {
      bufferedBytes -= bytes
      giveBack(queue)
    },
    split: (batch) => {
      const { queue, records } = batch
      const middle = Math.ceil(records.length / 2)
      queue.batches.unshift(part(batch, 0, middle), part(batch, middle, records.length))
      waiting.add(queue)
      giveBack(queue)
    },
  }
}

/** Deliveries run out in their order, so those that nobody waits for any longer come first. */
function withoutAbandoned(batch: PartitionBatch): PartitionBatch {
  const { records, deliveries } = batch
  const first = deliveries.findIndex(({ isOver }) => !isOver)
  if (first === 0) return batch
  const from = first === -1 ? records.length : first
  return part(batch, from, records.length)
}

function part(batch: PartitionBatch, from: number, to: number): GrowingBatch {
  const records = batch.records.slice(from, to)
  return {
    ...batch,
    records,
    deliveries: batch.deliveries.slice(from, to),
    indices: batch.indices.slice(from, to),
    bytes: records.reduce((sum, record) => sum + sizeOf(record), 0),
  }
}
