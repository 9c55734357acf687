import type { ClickHouse, RegisteredLog } from '@custom-events/clickhouse'
import { isErasedRecord, type ErasedIds } from '@custom-events/event'
import { findRefused, HEADERS, restoredHeaders } from '@custom-events/consumer'
import { logName, type FetchedRecord } from '@custom-events/kafka'
import { readDeadLetters, type DeadLetter } from './dead-letter-rows.ts'
import {
  notePartition,
  type Fate,
  type Filter,
  type Judged,
  type NoteLog,
  type Source,
} from './judged.ts'
import type { Target } from './targets.ts'

interface Options {
  readonly clickhouse: ClickHouse
  readonly filter: Filter
  readonly erased: ErasedIds
  /** Topic of dead letters, and its log. */
  readonly deadLetters: string
  readonly notes: NoteLog
  /** All that are registered. */
  readonly logs: readonly RegisteredLog[]
  readonly targetByTopic: ReadonlyMap<string, Target>
  readonly now: () => number
}

/**
 * The dead letters that are open. Each is decoded, and tried on ClickHouse without being stored, by the
 * consumer's own code: what it would set aside again is not produced again.
 */
export function deadLetterSource(options: Options): Source {
  const { clickhouse, filter, targetByTopic, logs } = options
  const generations = new Map(
    logs.map((log) => [placeKey(log.topic, logName(log)), log.generation]),
  )
  const generationOf = (letter: DeadLetter): number | null =>
    generations.get(placeKey(letter.sourceTopic, letter.sourceLog)) ?? null
  const rows = readDeadLetters(clickhouse, filter)
  return {
    title: 'dead letters',
    countResolved: rows.countResolved,
    page: async (after) => {
      const { letters, next } = await rows.page(after)
      const fates = new Map<DeadLetter, Fate>()
      for (const [topic, ofTopic] of Map.groupBy(letters, (letter) => letter.sourceTopic)) {
        const target = targetByTopic.get(topic)
        if (target === undefined) continue
        for (const letter of ofTopic.filter(isCut)) {
          fates.set(letter, { kind: 'unusable', reason: 'truncated' })
        }
        for (const letter of ofTopic) {
          if (isErased(options.erased, letter)) {
            fates.set(letter, { kind: 'unusable', reason: 'erased' })
          }
        }
        const whole = ofTopic.filter((letter) => !fates.has(letter))
        const judged = await judge({ clickhouse, generationOf }, target, whole)
        for (const [letter, fate] of judged) fates.set(letter, fate)
      }
      const judged = letters.map((letter) => toJudged(options, letter, fates.get(letter)))
      return { judged, next }
    },
  }
}

function placeKey(topic: string, log: string): string {
  return JSON.stringify([topic, log])
}

/** @param found absent: it comes from a topic that is not ours. */
function toJudged(
  { deadLetters, notes, filter, now }: Options,
  letter: DeadLetter,
  found: Fate = { kind: 'unusable', reason: 'other_topic' },
): Judged {
  const { kafkaGeneration: generation, kafkaPartition } = letter
  const partition = notePartition({ generation, partition: kafkaPartition }, notes)
  const fate: Fate = partition === null ? { kind: 'unusable', reason: 'other_log' } : found
  return {
    name: placeOf(letter),
    topic: letter.sourceTopic,
    code: letter.code,
    fate: filter.isForced && fate.kind === 'superseded' ? { ...fate, kind: 'replay' } : fate,
    resolve: (resolution, replayedTo) => ({
      topic: deadLetters,
      partition: partition ?? 0, // what has none is never resolved
      key: letter.key,
      value: letter.value,
      headers: {
        ...letter.headers,
        [HEADERS.log]: letter.sourceLog,
        [HEADERS.resolution]: resolution,
        [HEADERS.resolvedAt]: new Date(now()).toISOString(),
        [HEADERS.replayedTo]: replayedTo ?? '',
        [HEADERS.deadLetteredAt]: new Date(letter.deadLetteredAtMs).toISOString(),
      },
    }),
  }
}

/** The dead-letter topic did not take the whole record. */
function isCut({ headers }: DeadLetter): boolean {
  return HEADERS.shortened in headers
}

/** As the consumer finds it, which would leave it out. */
function isErased(ids: ErasedIds, { key, value, deadLetteredAtMs: ms }: DeadLetter): boolean {
  return isErasedRecord(ids, { key, value }, { timestamp: ms, receivedAt: ms })
}

function placeOf({ sourceTopic, sourcePartition, sourceOffset }: DeadLetter): string {
  return `${sourceTopic}/${sourcePartition}/${sourceOffset}`
}

async function judge(
  {
    clickhouse,
    generationOf,
  }: {
    readonly clickhouse: ClickHouse
    readonly generationOf: (letter: DeadLetter) => number | null
  },
  target: Target,
  letters: readonly DeadLetter[],
): Promise<readonly (readonly [DeadLetter, Fate])[]> {
  const candidates = letters.map((letter) => ({ letter, record: recordOf(letter) }))
  const records = candidates.map(({ record }) => record)
  const refusedCodes = await findRefusedCodes(clickhouse, target, records)
  const placed = await target.place(
    candidates
      .filter(({ record }) => !refusedCodes.has(record))
      .map(({ letter, record }) => ({ record, generation: generationOf(letter) })),
  )
  return candidates.map(({ letter, record }): readonly [DeadLetter, Fate] => {
    const place = placed.get(record)
    if (place === undefined) {
      return [letter, { kind: 'refused', code: refusedCodes.get(record) ?? '' }]
    }
    const replayed = {
      topic: place.topic,
      partition: place.partition,
      key: letter.key,
      value: letter.value,
      headers: { ...record.headers, [HEADERS.replayedFrom]: `dead-letters ${placeOf(letter)}` },
    }
    return [letter, { kind: place.isSuperseded ? 'superseded' : 'replay', record: replayed }]
  })
}

/** What the consumer would set aside again, with the code it would give. */
async function findRefusedCodes(
  clickhouse: ClickHouse,
  { route }: Target,
  records: readonly FetchedRecord[],
): Promise<ReadonlyMap<FetchedRecord, string>> {
  const codes = new Map<FetchedRecord, string>()
  await route.schemas.prepare(records)
  for (const { index, reason } of route.encode(records).undecodable) {
    const record = records[index]
    if (record !== undefined) codes.set(record, reason)
  }
  const refused = await findRefused({ clickhouse, abandon: new AbortController().signal }, route, {
    records: records.filter((record) => !codes.has(record)),
    isEnough: () => false,
  })
  for (const { record, refusal } of refused) codes.set(record, refusal.code)
  return codes
}

/** As it was before it was set aside. */
function recordOf(letter: DeadLetter): FetchedRecord {
  return {
    partition: letter.sourcePartition,
    offset: letter.sourceOffset,
    timestampMs: letter.deadLetteredAtMs,
    key: letter.key,
    value: letter.value,
    headers: restoredHeaders(letter.headers),
  }
}
