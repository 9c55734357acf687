/**
 * Why records cannot be read.
 * `damaged`: not what Kafka wrote, a bit flipped on the way or on a disk; fetching again may help.
 * `codec`: compressed in a way that nobody here knows, or the compressed bytes do not decode.
 * `layout`: the checksum is right, and yet lengths, counts or offsets do not add up.
 */
export type WhyUnreadable = 'damaged' | 'codec' | 'layout'

const REMEDIES: Readonly<Record<WhyUnreadable, string>> = {
  damaged:
    'They are fetched again. If it stays, a disk or a link of the broker is faulty: read from another replica, or move the group past the batch (docs/runbook.md)',
  codec:
    'Find the producer that wrote them and let it write with gzip, snappy, lz4 or zstd; then move the group past the batch (A codec nobody knows, docs/runbook.md)',
  layout:
    'Find the producer that wrote them and mend it; then move the group past the batch (docs/runbook.md)',
}

/** Records of one partition that cannot be read, from `offset` on; those before it were. */
export class UnreadableRecords extends Error {
  readonly topic: string
  readonly partition: number
  /** The first offset of the batch. */
  readonly offset: number
  readonly reason: WhyUnreadable
  readonly remedy: string

  constructor(
    reason: WhyUnreadable,
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${place.topic}/${place.partition}, batch at offset ${place.offset}: ${what}`, options)
    this.name = 'UnreadableRecords'
    this.topic = place.topic
    this.partition = place.partition
    this.offset = place.offset
    this.reason = reason
    this.remedy = REMEDIES[reason]
  }
}
