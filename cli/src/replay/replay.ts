import type { OutgoingRecord, Producer, ProduceOutcome } from '@custom-events/kafka'
import { add, emptyTally, type Tally } from './tally.ts'
import type { Cursor, Judged, Source } from './sources/judged.ts'

export interface ReplayPorts {
  readonly source: Source
  readonly producer: Pick<Producer, 'produce'>
  /** Resolves when everything accepted before now is in the table. @throws when that takes too long. */
  readonly caughtUp: () => Promise<void>
  readonly onProgress: (tally: Tally) => void
  /** Ctrl-C: the page in hand is finished, no other is begun. */
  readonly stop: AbortSignal
}

/** Judges everything and touches nothing. */
export async function count(ports: Pick<ReplayPorts, 'source' | 'stop'>): Promise<Tally> {
  const tally = emptyTally()
  await forEachPage(ports, null, async (judged) => {
    for (const each of judged) add(tally, each, each.fate.kind)
  })
  return tally
}

/**
 * Puts everything that can be replayed through Kafka again, page by page: wait until the consumers have
 * caught up, judge, produce, and only when that is acknowledged, say so of each. A crash in between
 * leaves an event replayed and its refusal open: the next run finds a copy as new in the table.
 */
export async function replay(ports: ReplayPorts): Promise<Tally> {
  const tally = emptyTally()
  await forEachPage(ports, ports.caughtUp, async (judged) => {
    const resolved = await replayPage(ports, judged, tally)
    const outcomes = await produceInOrder(
      ports.producer,
      resolved.map(({ record }) => record),
    )
    tally.unmarked += outcomes.filter(({ status }) => status !== 'acknowledged').length
    ports.onProgress(tally)
    return tally.unacknowledged + tally.unmarked === 0
  })
  return tally
}

async function forEachPage(
  { source, stop }: Pick<ReplayPorts, 'source' | 'stop'>,
  before: (() => Promise<void>) | null,
  use: (judged: readonly Judged[]) => Promise<boolean | void>,
): Promise<void> {
  let cursor: Cursor | null = null
  do {
    if (stop.aborted) return
    await before?.()
    const page = await source.page(cursor)
    const mayGoOn = await use(page.judged)
    if (mayGoOn === false) return
    cursor = page.next
  } while (cursor !== null)
}

/** @returns what is resolved now, each as the record that says so. */
async function replayPage(
  { producer }: ReplayPorts,
  judged: readonly Judged[],
  tally: Tally,
): Promise<readonly { readonly record: OutgoingRecord }[]> {
  const going = judged.flatMap((each) =>
    each.fate.kind === 'replay' ? [{ each, record: each.fate.record }] : [],
  )
  const outcomes = await produceInOrder(
    producer,
    going.map(({ record }) => record),
  )
  const placeOf = new Map<Judged, string>()
  for (const [index, { each, record }] of going.entries()) {
    const outcome = outcomes[index]
    if (outcome?.status !== 'acknowledged') continue
    placeOf.set(each, `${record.topic}/${record.partition}/${outcome.offset}`)
  }
  return judged.flatMap((each) => {
    const place = placeOf.get(each)
    const isUnacknowledged = each.fate.kind === 'replay' && place === undefined
    add(tally, each, isUnacknowledged ? 'unacknowledged' : each.fate.kind)
    if (place !== undefined) return [{ record: each.resolve('replayed', place) }]
    return each.fate.kind === 'superseded' ? [{ record: each.resolve('superseded', null) }] : []
  })
}

/** Less than the producer's buffer, which refuses what is beyond it. */
const MAX_PRODUCE_BYTES = 8 * 1_024 ** 2

const NOT_TRIED: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }

/** Stops at the first part that is not acknowledged whole: a later copy must not overtake an earlier. */
async function produceInOrder(
  producer: Pick<Producer, 'produce'>,
  records: readonly OutgoingRecord[],
): Promise<readonly ProduceOutcome[]> {
  const outcomes: ProduceOutcome[] = []
  for (const part of inParts(records)) {
    outcomes.push(...(await producer.produce(part)))
    if (outcomes.some(({ status }) => status !== 'acknowledged')) break
  }
  return records.map((_, index) => outcomes[index] ?? NOT_TRIED)
}

function inParts(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
  const parts: OutgoingRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (bytes + size > MAX_PRODUCE_BYTES) {
      parts.push([])
      bytes = 0
    }
    bytes += size
    parts.at(-1)?.push(record)
  }
  return parts
}
