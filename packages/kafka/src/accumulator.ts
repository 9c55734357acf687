import type { OutgoingRecord, ProduceOutcome } from './records.ts'

/** A record on its way, and who waits for it. */
export interface PendingRecord {
  readonly record: OutgoingRecord
  readonly bytes: number
  /** Nobody waits any longer: do not send it if it has not been sent yet. */
  readonly isAbandoned: () => boolean
  readonly settle: (outcome: ProduceOutcome) => void
}

/** What one partition contributes to one produce request. */
export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly PendingRecord[]
}

export interface BatchLimits {
  readonly maxBatchRecords: number
  readonly maxBatchBytes: number
}

export interface Accumulator {
  /** Bytes held, including those being sent. */
  readonly bufferedBytes: number
  readonly isEmpty: boolean
  /** @returns whether the partition now holds a full batch. */
  append(pending: PendingRecord): boolean
  /** One batch of every partition that has records and nothing unacknowledged. */
  takeReady(): readonly PartitionBatch[]
  /** The batch is settled: its partition may send again. */
  release(batch: PartitionBatch): void
}

interface Lane {
  readonly topic: string
  readonly partition: number
  queue: PendingRecord[]
  isInFlight: boolean
}

/**
 * Records of all requests, gathered by partition. A partition has at most one batch unacknowledged,
 * so that a retried batch can never land behind a later one of the same account.
 */
export function createAccumulator(limits: BatchLimits): Accumulator {
  const laneByPartition = new Map<string, Lane>()
  const waiting = new Set<Lane>()
  let bufferedBytes = 0
  let inFlight = 0

  const laneOf = ({ topic, partition }: OutgoingRecord): Lane => {
    const key = `${topic}/${partition}`
    let lane = laneByPartition.get(key)
    if (lane === undefined) {
      lane = { topic, partition, queue: [], isInFlight: false }
      laneByPartition.set(key, lane)
    }
    return lane
  }

  const take = (lane: Lane): PartitionBatch => {
    const { taken, left, droppedBytes } = cut(lane.queue, limits)
    lane.queue = left
    bufferedBytes -= droppedBytes
    if (left.length === 0) waiting.delete(lane)
    return { topic: lane.topic, partition: lane.partition, records: taken }
  }

  return {
    get bufferedBytes() {
      return bufferedBytes
    },
    get isEmpty() {
      return inFlight === 0 && waiting.size === 0
    },
    append: (pending) => {
      const lane = laneOf(pending.record)
      lane.queue.push(pending)
      waiting.add(lane)
      bufferedBytes += pending.bytes
      return lane.queue.length >= limits.maxBatchRecords
    },
    takeReady: () => {
      const batches: PartitionBatch[] = []
      for (const lane of waiting) {
        if (lane.isInFlight) continue
        const batch = take(lane)
        if (batch.records.length === 0) continue
        lane.isInFlight = true
        inFlight += 1
        batches.push(batch)
      }
      return batches
    },
    release: (batch) => {
      for (const { bytes } of batch.records) bufferedBytes -= bytes
      const lane = laneByPartition.get(`${batch.topic}/${batch.partition}`)
      if (lane !== undefined) lane.isInFlight = false
      inFlight -= 1
    },
  }
}

/** The first records that fit one batch (at least one), without those nobody waits for. */
function cut(
  queue: readonly PendingRecord[],
  limits: BatchLimits,
): {
  readonly taken: readonly PendingRecord[]
  readonly left: PendingRecord[]
  readonly droppedBytes: number
} {
  const taken: PendingRecord[] = []
  let takenBytes = 0
  let droppedBytes = 0
  let next = 0
  for (; next < queue.length; next++) {
    const pending = queue[next]
    if (pending === undefined) break
    if (pending.isAbandoned()) {
      droppedBytes += pending.bytes
      continue
    }
    const isFull = taken.length === limits.maxBatchRecords
    if (isFull || (taken.length > 0 && takenBytes + pending.bytes > limits.maxBatchBytes)) break
    taken.push(pending)
    takenBytes += pending.bytes
  }
  return { taken, left: queue.slice(next), droppedBytes }
}
