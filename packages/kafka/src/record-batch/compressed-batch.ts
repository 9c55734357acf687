import { HEADER_BYTES, writeBatchHeader } from './record-batch.ts'

/** The records of a batch, as their codec compressed them. */
export interface CompressedRecords {
  /** As it stands in the attributes of a batch. */
  readonly codec: number
  readonly bytes: Buffer
  /** What they were before. */
  readonly plainBytes: number
}

export function compressedBatchRoom({ bytes }: CompressedRecords): number {
  return HEADER_BYTES + bytes.length
}

/**
 * Like `writeRecordBatch`, of records that are compressed already.
 * @returns the index after the batch.
 */
export function writeCompressedBatch(
  into: Buffer,
  start: number,
  {
    compressed: { codec, bytes },
    count,
    timestampMs,
  }: { readonly compressed: CompressedRecords; count: number; timestampMs: number },
): number {
  const end = start + HEADER_BYTES + bytes.length
  bytes.copy(into, start + HEADER_BYTES)
  writeBatchHeader(into, { start, end }, { count, codec, timestampMs })
  return end
}
