import { setImmediate } from 'node:timers/promises'
import { hidesAborted, type AbortedTransaction } from './aborted-transactions.ts'
import {
  batchEnd,
  MAGIC_AT,
  readBatchHeader,
  unreadable,
  type BatchHeader,
} from './batch-header.ts'
import { readRecords } from './batch-records.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import {
  readCompressed,
  RECORD_OVERHEAD_BYTES,
  type OpenBatch,
  type Part,
  type Wanted,
} from './inflating.ts'
import type { OpenBatches } from './open-batches.ts'
import { readInt64 } from './record-in-place.ts'
import type { TopicPartition } from '../records.ts'
import { UnreadableRecords } from './unreadable-records.ts'

/** Records of one partition, read from a fetch response. */
export interface RecordSet {
  readonly records: readonly FetchedRecord[]
  /** The offset after what was read: where the next fetch goes on. */
  readonly next: number
  /** What they take in memory, about. */
  readonly bytes: number
  /** Offsets between batches that are not there. */
  readonly gaps: number
}

/** A record set as it lies in a fetch response. */
export interface StoredSet extends TopicPartition {
  readonly start: number
  readonly end: number
  /** The offset that was asked for; Kafka hands out whole batches, which may begin before it. */
  readonly from: number
  readonly aborted: readonly AbortedTransaction[]
}

const MAGIC = 2
/** The event loop is for others, too, at least so often. */
const YIELD_EVERY_MS = 15

/**
 * Reads the batches of a record set, from `from` on: every codec of Kafka, without what is not committed.
 * Every checksum is checked. Reading stops at what cannot be read, soon after `maxBytes` are held, and
 * before a batch of an older format, which only kafkajs reads; the next fetch goes on there.
 *
 * @throws {UnreadableRecords} when nothing can be read.
 */
export async function readRecordSet(
  bytes: Buffer,
  set: StoredSet,
  { maxBytes, open }: { readonly maxBytes: number; readonly open: OpenBatches<OpenBatch> },
): Promise<RecordSet> {
  const { from } = set
  const isHidden = hidesAborted(set.aborted)
  const records: FetchedRecord[] = []
  let [next, heldBytes, gaps] = [from, 0, 0]
  let yieldedAt = performance.now()
  try {
    for (let at = set.start, follows = 0; set.end - at > MAGIC_AT; at = batchEnd(bytes, at)) {
      if (!isNew(bytes, at) || isCutOff(bytes, at, set, follows)) break
      const header = readBatchHeader(bytes, at, { ...set, follows })
      follows = header.next
      if (header.next <= from) continue
      const gap = Math.max(0, header.baseOffset - next)
      const left = maxBytes - heldBytes - records.length * RECORD_OVERHEAD_BYTES
      if (left <= 0) break
      const part =
        isHidden(header, bytes) || header.count === 0
          ? { isWhole: true, next: header.next, bytes: 0 }
          : await read(header, bytes, { wanted: { from, maxBytes: left }, records, open })
      gaps += gap
      next = part.next
      heldBytes += part.bytes
      if (!part.isWhole) break
      if (performance.now() - yieldedAt > YIELD_EVERY_MS) {
        await setImmediate()
        yieldedAt = performance.now()
      }
    }
  } catch (error) {
    if (!(error instanceof UnreadableRecords) || next === from) throw error
  }
  // Those of a batch that turned out to be unreadable are not handed on.
  while ((records.at(-1)?.offset ?? -1) >= next) records.pop()
  return { records, next, bytes: heldBytes + records.length * RECORD_OVERHEAD_BYTES, gaps }
}

/** Looked at first: what is older may be whole and yet shorter than the header of a batch. */
export function isNew(bytes: Buffer, at: number): boolean {
  return bytes[at + MAGIC_AT] === MAGIC
}

/** Kafka may cut off the last batch, never the first: then it is its length that is damaged. */
function isCutOff(bytes: Buffer, at: number, set: StoredSet, follows: number): boolean {
  const end = batchEnd(bytes, at)
  if (end > at && end <= set.end) return false
  if (at > set.start && end > set.end) return true
  const place = { ...set, baseOffset: Math.max(follows, readInt64(bytes, at)) }
  throw unreadable('damaged', place, `it says ${end - at} bytes, of ${set.end - at} that are there`)
}

async function read(
  header: BatchHeader,
  bytes: Buffer,
  how: { wanted: Wanted; records: FetchedRecord[]; open: OpenBatches<OpenBatch> },
): Promise<Part> {
  if (header.codec !== 0) return readCompressed(header, bytes, how)
  const { start, end, baseOffset } = header
  const { from } = how.wanted
  readRecords(
    header,
    { bytes, start, end, isWhole: true },
    { index: 0, next: baseOffset, from },
    how.records,
  )
  return { isWhole: true, next: header.next, bytes: end - start }
}
