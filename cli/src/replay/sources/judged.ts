import type { Resolution } from '@custom-events/codec'
import type { OutgoingRecord } from '@custom-events/kafka'

/** Why something can never be replayed as it is. */
export type Unusable =
  'erased' | 'truncated' | 'other_topic' | 'other_log' | 'unknown_key' | 'no_key'

/** What a replay does about one refused event or record. */
export type Fate =
  | { readonly kind: 'replay'; readonly record: OutgoingRecord }
  /** A copy as new or newer is in the table: an older one must not win by its later offset. */
  | { readonly kind: 'superseded'; readonly record: OutgoingRecord }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unusable'; readonly reason: Unusable }

/** A refused event or record, judged again. */
export interface Judged {
  /** For a person: where to find it. */
  readonly name: string
  /** Where it was refused: the topic that the record comes from or the event would have gone to. */
  readonly topic: string
  /** Why it was refused at first. */
  readonly code: string
  readonly fate: Fate
  /** Itself once more, telling how it ended: it replaces its row. */
  resolve(resolution: Resolution, replayedTo: string | null): OutgoingRecord
}

/** Some refused events or records in the order they came in, and where the next ones begin. */
export interface Page {
  readonly judged: readonly Judged[]
  /** `null`: these were the last. */
  readonly next: Cursor | null
}

/** A place in the order of a source; only the source reads it. */
export type Cursor = readonly (string | number)[]

/** Where refused events or records are kept. */
export interface Source {
  /** What these are, in the plural. */
  readonly title: string
  /** Judges some again; touches nothing. @throws when a server cannot be asked. */
  page(after: Cursor | null): Promise<Page>
  /** How many within the filter were ended by earlier replays. */
  countResolved(): Promise<number>
}

/** Which refused events or records are meant. */
export interface Filter {
  /** Milliseconds since the epoch, both included. */
  readonly sinceMs: number
  readonly untilMs: number
  /** Empty: any. */
  readonly codes: readonly string[]
  readonly groupId: string | null
  /** Replay what is superseded all the same. */
  readonly isForced: boolean
}

/** The copy of an event that analysts see now. */
export interface Newest extends Place {
  readonly receivedAtMs: number
}

/** Where a record lies. */
export interface Place {
  /** Of its log; `null`: of one that `kafka_logs` of this ClickHouse does not have. */
  readonly generation: number | null
  readonly partition: number
  readonly offset: number
}

/**
 * Whether a copy is at least as new as a candidate. Time of arrival decides, because a copy that was
 * replayed lies far behind its time; a copy that lies before the candidate in one log is older, whatever
 * the clocks said.
 *
 * @param candidate.place of the refused record; `null` for an event that never was in Kafka.
 */
export function isSuperseded(
  newest: Newest | undefined,
  candidate: {
    readonly receivedAtMs: number
    readonly place: Place | null
  },
): boolean {
  if (newest === undefined) return false
  const { place, receivedAtMs } = candidate
  const isBefore =
    place !== null &&
    place.generation !== null &&
    newest.generation === place.generation &&
    newest.partition === place.partition &&
    newest.offset < place.offset
  return !isBefore && newest.receivedAtMs >= receivedAtMs
}

/** Where the note of how a row ended goes, so that its version is higher and it replaces the row. */
export interface NoteLog {
  readonly generation: number
  readonly partitions: number
}

/**
 * Which partition of the log, or `null` when no note there would win: the row is of a log that was registered
 * later, that is of another Kafka or of a newer topic.
 */
export function notePartition(
  row: { readonly generation: number; readonly partition: number },
  log: NoteLog,
): number | null {
  if (row.generation > log.generation) return null
  // In one log only the same partition has a higher offset for certain.
  return row.generation === log.generation ? row.partition : row.partition % log.partitions
}
