import { readVarint, skipVarint } from './record-in-place.ts'
import type { BatchHeader } from './batch-header.ts'

/** As a fetch response lists them: the transactions in its range that were rolled back. */
export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

const ABORT = 0
/** Of the key of a control record: its version, then its type. */
const TYPE_AT = 2

/**
 * Tells, batch by batch in the order of their offsets, which of them a reader of committed records does not
 * see: control batches, and what belongs to an aborted transaction. Such a transaction begins at its first
 * offset and ends with a marker of the same producer.
 *
 * @returns whether a batch is hidden.
 */
export function hidesAborted(
  aborted: readonly AbortedTransaction[],
): (header: BatchHeader, bytes: Buffer) => boolean {
  const waiting = aborted
    .map((each) => ({ producerId: BigInt(each.producerId), from: Number(each.firstOffset) }))
    .toSorted((one, other) => one.from - other.from)
  const running = new Set<bigint>()
  let first = 0
  return (header, bytes) => {
    for (; first < waiting.length; first++) {
      const transaction = waiting[first]
      if (transaction === undefined || transaction.from >= header.next) break
      running.add(transaction.producerId)
    }
    if (header.isControl) {
      if (markerType(header, bytes) === ABORT) running.delete(header.producerId)
      return true
    }
    return header.isTransactional && running.has(header.producerId)
  }
}

/** A control batch holds one record, whose key says what it means. */
function markerType(header: BatchHeader, bytes: Buffer): number | null {
  const cursor = { at: header.start }
  readVarint(bytes, cursor) // length
  cursor.at++ // attributes
  skipVarint(bytes, cursor) // timestamp
  skipVarint(bytes, cursor) // offset
  const keyBytes = readVarint(bytes, cursor)
  const typeAt = cursor.at + TYPE_AT
  return keyBytes < TYPE_AT + 2 || typeAt + 2 > header.end ? null : bytes.readInt16BE(typeAt)
}
