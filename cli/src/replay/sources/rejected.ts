import type { FramedCodec, RejectedEvent } from '@custom-events/codec'
import {
  derivedEventId,
  type ErasedIds,
  scanValue,
  type EventRules,
  type Identity,
  type PlanSet,
  type TrackedEvent,
} from '@custom-events/event'
import {
  ANYBODY,
  createJudge,
  readEnvelopeFields,
  type Call,
  type Judged as JudgedEvent,
  type WriteKey,
} from '@custom-events/ingest'
import type { OutgoingRecord } from '@custom-events/kafka'
import {
  isSuperseded,
  notePartition,
  type Fate,
  type Judged,
  type Newest,
  type NoteLog,
  type Source,
} from './judged.ts'
import { identityKey } from './newest.ts'
import type { RejectedPage, RejectedRow } from './rejected-rows.ts'

interface Options {
  readonly rows: {
    page(after: Parameters<Source['page']>[0]): Promise<RejectedPage>
    countResolved(): Promise<number>
  }
  readonly isForced: boolean
  readonly erased: ErasedIds
  readonly rules: EventRules
  /** Those in force now: what broke a plan that is still in force is refused again. */
  readonly plans: PlanSet
  /**
   * The key that a name stands for now; `null`: nobody may send under this name any more. `null` for the
   * whole: no key is asked for.
   */
  readonly keyOf: ((source: string) => WriteKey | null) | null
  /** Ingest's own: one record per accepted event. */
  readonly encode: (judged: readonly JudgedEvent[]) => readonly OutgoingRecord[]
  readonly newestCopies: (events: readonly Identity[]) => Promise<ReadonlyMap<string, Newest>>
  readonly topics: { readonly tracked: string; readonly rejected: string }
  /** The log of the topic of rejected events. */
  readonly notes: NoteLog
  readonly codec: Pick<FramedCodec<RejectedEvent>, 'encode'>
  /** Of the schema of rejected events. */
  readonly schemaId: number
  readonly now: () => number
}

/**
 * The rejected events that are open, judged by ingest's own code as at the time they came: `received_at`
 * and `source` stay what they were, and an id of ours is derived, so that twice is the same.
 */
export function rejectedSource(options: Options): Source {
  const judge = createJudge({
    rules: options.rules,
    plans: { current: options.plans },
    erased: options.erased,
    eventIds: ({ requestId, receivedAt, envelope }) => {
      const seed = JSON.stringify([requestId, receivedAt, envelope.events[0]?.index])
      return (timestampMs) => derivedEventId(seed, timestampMs)
    },
  })
  return {
    title: 'rejected events',
    countResolved: () => options.rows.countResolved(),
    page: async (after) => {
      const { rows, next } = await options.rows.page(after)
      const verdicts: Verdict[] = []
      for (const row of rows) verdicts.push(await judgeRow(options, judge, row))
      const newest = await options.newestCopies(
        verdicts.flatMap(({ event }) => (event === null ? [] : [event])),
      )
      const judged = rows.map((row, index): Judged => {
        const verdict = verdicts[index] ?? { event: null, fate: TRUNCATED }
        return toJudged(options, row, { ...verdict, newest })
      })
      return { judged, next }
    },
  }
}

interface Verdict {
  /** The event it is now, if it would be accepted. */
  readonly event: TrackedEvent | null
  readonly fate: Fate
}

const ERASED: Verdict = { event: null, fate: { kind: 'unusable', reason: 'erased' } }
const TRUNCATED: Fate = { kind: 'unusable', reason: 'truncated' }

async function judgeRow(
  { keyOf, encode, notes }: Options,
  judge: ReturnType<typeof createJudge>,
  row: RejectedRow,
): Promise<Verdict> {
  if (partitionOfNote(row, notes) === null) {
    return { event: null, fate: { kind: 'unusable', reason: 'other_log' } }
  }
  if (row.event.raw_truncated) return { event: null, fate: TRUNCATED }
  if (keyOf === null && row.event.code === 'key_scope') {
    return { event: null, fate: { kind: 'unusable', reason: 'no_key' } }
  }
  const { source } = row.event
  const key = keyOf === null ? { ...ANYBODY, name: source } : keyOf(source)
  if (key === null) return { event: null, fate: { kind: 'unusable', reason: 'unknown_key' } }
  const call = callOf(row, key)
  if (call === null) return { event: null, fate: { kind: 'refused', code: 'invalid_json' } }
  const judged = await judge(call)
  const [first] = judged
  if (first?.verdict.status !== 'accepted') {
    if (first?.verdict.status === 'ignored' && first.verdict.reason.code === 'erased') return ERASED
    const isRejected = first?.verdict.status === 'rejected'
    const code = isRejected ? (first.verdict.problems[0]?.code ?? '') : 'ignored'
    return { event: null, fate: { kind: 'refused', code } }
  }
  const [record] = encode(judged)
  if (record === undefined) throw new Error('an accepted event gave no record')
  const headers = { 'custom-events.replayed-from': `rejected ${nameOf(row)}` }
  return { event: first.verdict.event, fate: { kind: 'replay', record: { ...record, headers } } }
}

/** The request as it would be if it had held this one event; `null`: somebody else's, and no JSON. */
function callOf({ event: row }: RejectedRow, key: WriteKey): Call | null {
  const parsed = parse(row)
  if (parsed === null) return null
  const { value, fields } = parsed
  const scanned = scanValue(row.raw, '')
  return {
    requestId: row.request_id,
    key,
    audience: fields.audience,
    receivedAt: row.received_at,
    isStrict: false,
    headers: fields.idempotencyKey === null ? {} : { 'idempotency-key': fields.idempotencyKey },
    envelope: {
      events: [{ index: row.index, pointer: '', value, text: row.raw, scanned }],
      context: fields.envelopeContext,
      sentAt: fields.sentAt,
      key: null,
    },
  }
}

function parse({ raw, beside }: RejectedEvent) {
  try {
    const value: unknown = JSON.parse(raw)
    return { value, fields: readEnvelopeFields(beside) }
  } catch {
    return null
  }
}

function toJudged(
  { isForced, topics, notes, codec, schemaId, now }: Options,
  row: RejectedRow,
  { event, fate, newest }: Verdict & { readonly newest: ReadonlyMap<string, Newest> },
): Judged {
  const isOld =
    event !== null &&
    !isForced &&
    isSuperseded(newest.get(identityKey(event)), { receivedAtMs: event.received_at, place: null })
  return {
    name: nameOf(row),
    topic: topics.tracked,
    code: row.event.code,
    fate: isOld && fate.kind === 'replay' ? { ...fate, kind: 'superseded' } : fate,
    resolve: (resolution, replayedTo) => ({
      topic: topics.rejected,
      partition: partitionOfNote(row, notes) ?? 0, // what has none is never resolved
      key: Buffer.from(row.event.group_id ?? row.event.request_id),
      value: codec.encode(
        {
          ...row.event,
          ...(event === null ? {} : partsOf(event)),
          resolution,
          resolved_at: now(),
          replayed_to: replayedTo,
        },
        schemaId,
      ),
    }),
  }
}

function partitionOfNote(row: RejectedRow, notes: NoteLog): number | null {
  const { kafkaGeneration: generation, kafkaPartition: partition } = row
  return notePartition({ generation, partition }, notes)
}

/** What the event turned out to be, so that its row can be found. */
function partsOf({ event, group_id, user_id, event_id }: TrackedEvent) {
  return { event, group_id, user_id, event_id }
}

function nameOf({ event }: RejectedRow): string {
  return `${event.request_id}/${event.index}`
}
