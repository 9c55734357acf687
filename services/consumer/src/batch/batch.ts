import type { NativeBlock } from '@custom-events/codec'
import type { FetchedRecord, FetchedRecords, PartitionOffset } from '@custom-events/kafka'
import { msUntilOld, whyDue, whyFull, type BatchLimits, type Filled } from './closing.ts'

/** Records of one topic, over all of its partitions: contiguous offsets per partition. */
export interface Batch {
  readonly records: readonly FetchedRecord[]
  /** What may be committed for each partition once every record here is settled. */
  readonly ends: readonly PartitionOffset[]
  readonly bytes: number
  /** All of its records as a block, when it was made ahead. */
  readonly encoded: NativeBlock | null
}

/** The batch that is still open for one topic, within one assignment. */
export interface OpenBatch {
  /** @throws when the records do not follow those before: a bug that would lose records. */
  add(fetched: FetchedRecords, nowMs: number): void
  /**
   * Makes the block of a full batch before it is closed; nothing can be added any more.
   * @returns the bytes of what was made.
   */
  encodeAhead(encode: (records: readonly FetchedRecord[]) => NativeBlock): number
  /** Why it must be closed now, or `null`. */
  due(nowMs: number): 'rows' | 'bytes' | 'age' | null
  /** Whether it is due whatever its age. */
  isFull(): boolean
  /** Milliseconds until its age closes it; Infinity while empty. */
  msLeft(nowMs: number): number
  /** Closes it and opens the next; `null` when there is nothing to settle. */
  close(): Batch | null
}

export function openBatch(topic: string, limits: () => BatchLimits): OpenBatch {
  let records: FetchedRecord[] = []
  let endByPartition = new Map<number, number>()
  /** Outlives the batches: no record of an assignment may be left out between two of them. */
  const takenByPartition = new Map<number, number>()
  let bytes = 0
  let openedAtMs: number | null = null
  let ahead: { readonly encoded: NativeBlock; readonly trigger: 'rows' | 'bytes' } | null = null
  const filled = (): Filled => ({ rows: records.length, bytes, openedAtMs })

  return {
    add: (fetched, nowMs) => {
      if (ahead !== null) throw new Error(`${topic}: records for a batch whose block is made`)
      const expected = takenByPartition.get(fetched.partition) ?? fetched.from
      if (fetched.from !== expected) {
        throw new Error(
          `${topic}/${fetched.partition}: records from ${fetched.from} follow ${expected}`,
        )
      }
      for (const record of fetched.records) records.push(record)
      takenByPartition.set(fetched.partition, fetched.next)
      endByPartition.set(fetched.partition, fetched.next)
      bytes += fetched.bytes
      openedAtMs ??= nowMs
    },
    encodeAhead: (encode) => {
      const trigger = whyFull(filled(), limits())
      if (ahead !== null || trigger === null) return 0
      const encoded = encode(records)
      ahead = { encoded, trigger }
      return encoded.block.length
    },
    due: (nowMs) => ahead?.trigger ?? whyDue(filled(), limits(), nowMs),
    isFull: () => ahead !== null || whyFull(filled(), limits()) !== null,
    msLeft: (nowMs) => msUntilOld(filled(), limits(), nowMs),
    close: () => {
      if (openedAtMs === null) return null
      const ends = [...endByPartition].map(([partition, offset]) => ({ topic, partition, offset }))
      const batch = { records, ends, bytes, encoded: ahead?.encoded ?? null }
      records = []
      endByPartition = new Map()
      bytes = 0
      openedAtMs = null
      ahead = null
      return batch
    },
  }
}
