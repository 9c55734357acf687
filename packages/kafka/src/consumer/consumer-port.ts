import type { CommitNote } from '../fetch/commit-note.ts'
import { KAFKA_CAUSES, type KafkaCause } from '../errors/kafka-codes.ts'
import type { KafkaLog } from '../topics/kafka-logs.ts'
import type { TopicPartition } from '../records.ts'

/** A record as it lies in Kafka. */
export interface FetchedRecord {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970, by the broker's clock. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
  /**
   * Where the value lies within the bytes that were fetched, for who reads millions of them: each look at
   * `value` makes a Buffer. Absent when the record was not read in place; no value: it ends at -1.
   */
  readonly within?: Buffer
  readonly valueStart?: number
  readonly valueEnd?: number
  /** Only of a record too long to be held: what it was. Of key and value there is the beginning, no headers. */
  readonly whole?: RecordSizes
}

/** How long the parts of a record are, in bytes; `null`: it has none. */
export interface RecordSizes {
  readonly keyBytes: number | null
  /** Where the key is too long for the value to be seen: all that follows the key. */
  readonly valueBytes: number | null
  /** As they lie in Kafka. */
  readonly headersBytes: number
}

/** The next records of one partition, in order. */
export interface FetchedRecords extends TopicPartition {
  /**
   * All offsets from `from` up to, but not including, `next` are settled once these records are: offsets
   * without a record belong to aborted transactions and control records.
   */
  readonly from: number
  readonly next: number
  readonly records: readonly FetchedRecord[]
  /** Counted in the memory budget until the taker gives them back. */
  readonly bytes: number
  /**
   * Offsets between batches that are simply not there. Transactions leave no such gaps: they mean that the
   * topic is compacted, or that records were lost in Kafka.
   * @default 0
   */
  readonly gaps?: number
}

export interface PartitionOffset extends TopicPartition {
  /** The next offset to be read. */
  readonly offset: number
}

/** An offset of a group, with what is known beside it. */
export interface GroupPosition extends PartitionOffset, CommitNote {}

/** Where a partition is read from, and the end of its log when it was assigned, asked for after joining. */
export interface AssignedPosition extends PartitionOffset, Pick<CommitNote, 'lostBefore'> {
  readonly latest: number
}

/** A committed offset that Kafka cannot serve: records in between were deleted, or the topic was made anew. */
export interface OutOfRange extends TopicPartition {
  readonly committed: number
  readonly earliest: number
  readonly latest: number
  /** Where the log ended when it was first found to end below the commit; it may be longer by now. @default it was not found so before */
  readonly cutAt?: number
}

/** What happens to a member of a consumer group, in the order in which it happens. */
export type ConsumerEvent =
  /**
   * Everything before belongs to an older assignment. `revoked` tells at once when this one ends, `expelled` that the
   * partitions may be another's already, so that nothing may be inserted any more: also after `revoked`.
   */
  | {
      readonly kind: 'assigned'
      readonly epoch: number
      readonly positions: readonly AssignedPosition[]
      /** Which log each topic is now; another assignment may find that a topic was made anew. */
      readonly logs: readonly KafkaLog[]
      readonly revoked: AbortSignal
      readonly expelled: AbortSignal
      /** From `revoked` on the group waits for so long, in milliseconds. */
      readonly releaseWithinMs: number
    }
  | ({ readonly kind: 'records'; readonly epoch: number } & FetchedRecords)
  /** These partitions are not read until somebody decides; the others are. */
  | {
      readonly kind: 'outOfRange'
      readonly epoch: number
      readonly partitions: readonly OutOfRange[]
    }
  /** The assignment ends: commit what is inserted, then `release`; the group waits for it, but not for ever. */
  | { readonly kind: 'revoked'; readonly epoch: number; readonly release: () => void }
  /** Nothing happened within the time given. */
  | { readonly kind: 'idle' }

/** Why records are not read: Kafka's reasons, and those that only a look at the whole group shows. */
export type TroubleCause = KafkaCause | 'unassigned'

export const TROUBLE_CAUSES: readonly TroubleCause[] = [...KAFKA_CAUSES, 'unassigned']

/** What keeps records from being read, until it is over. */
export interface Trouble {
  /** `null`: it is not about one topic, or not about one partition. */
  readonly topic: string | null
  readonly partition: number | null
  /** The first offset that cannot be read, when it is known. */
  readonly offset: number | null
  /** Kafka's own name of the error. */
  readonly code: string
  readonly cause: TroubleCause
  /** One sentence: where, what Kafka said, what to do. */
  readonly text: string
  /** When it began, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** How far the group is behind in one partition, whoever reads it. */
export interface Backlog extends TopicPartition {
  /** Records that the group has not committed. */
  readonly lag: number
  /** When the oldest of them was written, in milliseconds since 1970; `null`: there is none, or unknown. */
  readonly oldestMs: number | null
  /** For how long the topic keeps records at most; `null`: unknown, or for ever. */
  readonly retentionMs: number | null
  /** How much the topic keeps of the partition, whatever its age; `null`: unknown, or all. */
  readonly retentionBytes: number | null
}

/** A member of a consumer group, pulled by one loop; close it when the loop has ended. */
export interface Consumer extends AsyncDisposable {
  /** The next event; `idle` after `maxWaitMs`, or at once when `signal` is aborted. Never throws. */
  fetch(options: {
    readonly maxWaitMs: number
    readonly signal: AbortSignal
  }): Promise<ConsumerEvent>
  /**
   * Waits for the next event as long as it is records of this assignment. `null`: something else comes
   * first, which stays for `fetch`, or `signal` is aborted. Never throws.
   */
  takeRecords(options: {
    readonly epoch: number
    readonly signal: AbortSignal
  }): Promise<FetchedRecords | null>
  /**
   * Commits, once, within the request's time limit. False: not committed, which is always safe, because
   * what is not committed is read again.
   */
  commit(epoch: number, offsets: readonly PartitionOffset[]): Promise<boolean>
  /** Ends the assignment and joins again: what was learnt at its beginning does not hold any more. */
  rejoin(): void
  /** `null` while a member with an assignment, else why not, in words. */
  readonly notReadyReason: string | null
  /** What keeps records from being read now; each was told in the log once. */
  readonly troubles: readonly Trouble[]
  /** Of every partition of every topic that Kafka told about lately; what is not in it is unknown. */
  readonly backlog: readonly Backlog[]
  /** Another process has joined the group under our name; we go on without one. */
  readonly isNameTaken: boolean
  /** Members of the group that read other topics; `null`: unknown. */
  readonly foreignMembers: number | null
  /** Members of the group that are of an earlier release; `null`: unknown. */
  readonly earlierMembers: number | null
}
