import { setTimeout as delay } from 'node:timers/promises'
import {
  addSpan,
  erasedKey,
  hasSpans,
  liftedAt,
  liftSpans,
  writeComplete,
  writeErasure,
  type ErasedId,
  type ErasedSpan,
  type ErasureRecord,
} from '@custom-events/event'
import { MAX_ERASURES, type Erasures, type Producer } from '@custom-events/kafka'

/** Who asks, for the record. */
export type AskedBy = Pick<ErasureRecord, 'erasureId' | 'askedBy' | 'askedAt'>

/** The topic of erasures, to be written to. */
export interface ErasureTopic {
  /** What it says of an id now. @throws when it cannot be read within 20 s. */
  find(id: ErasedId): Promise<ErasureRecord | undefined>
  /** All that it names. @throws when it cannot be read within 20 s. */
  all(): Promise<readonly ErasureRecord[]>
  /** Resolves when Kafka has it and nobody else's record has replaced it. @returns its offset. @throws */
  announce(id: ErasedId, span: ErasedSpan, by: AskedBy): Promise<number>
  /** Of what is taken from `nowMs` on nothing is erased. @throws */
  lift(id: ErasedId, nowMs: number, by: AskedBy): Promise<number>
  /** Names all of these as well, and says then that the topic is complete. @returns how many were not. @throws */
  nameAll(wanted: readonly Wanted[]): Promise<number>
  /** Takes records away that say nothing. @returns how many. @throws */
  discard(): Promise<number>
}

/** An id and what of it has to be erased. */
export interface Wanted {
  readonly id: ErasedId
  readonly spans: readonly ErasedSpan[]
  readonly by: AskedBy
}

/** Not what was lifted since: of that a table of an older backup knows nothing, and would have it again. */
function isUnknownTo(
  spans: readonly ErasedSpan[],
  { askedAt }: AskedBy,
): (wanted: ErasedSpan) => boolean {
  return (wanted) =>
    !hasSpans(spans, [wanted]) &&
    liftedAt(spans, { timestampBefore: wanted.timestampBefore, askedAt }) === null
}

interface TopicRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

const RECORDS_AT_ONCE = 500
const KNOWN_WITHIN_MS = 20_000
const LOOK_EVERY_MS = 20
const ATTEMPTS = 5

export function openErasureTopic(options: {
  readonly topic: string
  readonly erasures: Pick<
    Erasures,
    'ageMs' | 'trouble' | 'records' | 'ids' | 'isComplete' | 'unreadableKeys'
  >
  readonly producer: Pick<Producer, 'produce'>
}): ErasureTopic {
  const { topic, erasures, producer } = options

  const known = async (): Promise<ReadonlyMap<string, ErasureRecord>> => {
    const since = performance.now()
    while (erasures.ageMs > performance.now() - since) {
      if (performance.now() - since > KNOWN_WITHIN_MS) {
        throw new Error(`topic ${topic} could not be read: ${erasures.trouble ?? 'no answer'}`)
      }
      await delay(LOOK_EVERY_MS)
    }
    return new Map([...erasures.records()].map((record) => [erasedKey(record), record]))
  }

  const writeAll = async (records: readonly TopicRecord[]): Promise<readonly number[]> => {
    const offsets: number[] = []
    for (let at = 0; at < records.length; at += RECORDS_AT_ONCE) {
      const some = records.slice(at, at + RECORDS_AT_ONCE)
      const outcomes = await producer.produce(
        some.map((record) => ({ topic, partition: 0, ...record })),
      )
      for (const outcome of outcomes) {
        if (outcome.status !== 'acknowledged') {
          throw new Error(`topic ${topic} did not take the erasure: ${outcome.reason}`)
        }
        offsets.push(outcome.offset)
      }
    }
    return offsets
  }
  const write = async (key: Buffer, value: Buffer | null): Promise<number> => {
    const [offset] = await writeAll([{ key, value }])
    if (offset === undefined) throw new Error(`topic ${topic} did not answer`)
    return offset
  }

  /** Two commands for one id at once: the record that is read last must say what both asked for. */
  const change = async (
    id: ErasedId,
    spansOf: (spans: readonly ErasedSpan[]) => readonly ErasedSpan[],
    by: AskedBy,
  ): Promise<number> => {
    const key = erasedKey(id)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = (await known()).get(key)
      if (before === undefined && erasures.ids.size >= MAX_ERASURES) {
        throw new Error(
          `topic ${topic} names ${MAX_ERASURES} erasures, as many as ingest and consumers hold: nothing was changed`,
        )
      }
      const spans = spansOf(before?.spans ?? [])
      const record = writeErasure({ ...id, spans, ...by })
      const offset = await write(record.key, record.value)
      const after = (await known()).get(key)
      if (JSON.stringify(spansOf(after?.spans ?? [])) === JSON.stringify(after?.spans ?? [])) {
        return offset
      }
    }
    throw new Error(`another command changes the same erasure again and again: try again later`)
  }

  /** Compares all at once, and once more what was written: a command may have changed one meanwhile. */
  const nameAll = async (wanted: readonly Wanted[]): Promise<number> => {
    let filled = 0
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = await known()
      const spansOf = ({ id }: Wanted) => now.get(erasedKey(id))?.spans ?? []
      const lacking = wanted
        .map((each) => ({ ...each, spans: each.spans.filter(isUnknownTo(spansOf(each), each.by)) }))
        .filter(({ spans }) => spans.length > 0)
      if (lacking.length === 0) {
        if (!erasures.isComplete) await writeAll([writeComplete()])
        return filled
      }
      filled = Math.max(filled, lacking.length)
      await writeAll(
        lacking.map((each) => {
          const spans = each.spans.reduce(addSpan, spansOf(each))
          return writeErasure({ ...each.id, spans, ...each.by })
        }),
      )
    }
    throw new Error(`topic ${topic} is changed again and again: try again later`)
  }

  return {
    nameAll,
    find: async (id) => (await known()).get(erasedKey(id)),
    all: async () => [...(await known()).values()],
    announce: (id, span, by) => change(id, (spans) => addSpan(spans, span), by),
    lift: (id, nowMs, by) => change(id, (spans) => liftSpans(spans, nowMs), by),
    discard: async () => {
      await known()
      const keys = [...erasures.unreadableKeys()]
      for (const key of keys) await write(Buffer.from(key), null)
      return keys.length
    },
  }
}
