import {
  ClickHouseFailure,
  readAnnounced,
  type AnnouncedErasure,
  type ClickHouse,
  type OpenShard,
} from '@custom-events/clickhouse'
import { addSpan, erasedKey, liftSpans, type ErasedSpan } from '@custom-events/event'
import type { Logger } from '@custom-events/runtime'
import type { Wanted } from '../erase/topic/erasure-topic.ts'
import { openKafka } from '../erase/topic/open-kafka.ts'
import type { SetupConfig } from '../config.ts'
import { onEach } from '../shards/open.ts'

/**
 * Writes the erasures to Kafka that ClickHouse tells of and the topic has not, because it was lost or made anew, and that it is
 * complete then: nobody who reads it is ready before. Without it a refill would bring everybody back.
 */
export async function fillErasures(
  {
    config,
    log,
    shards,
  }: {
    readonly config: SetupConfig
    readonly log: Logger
    readonly shards: readonly Pick<OpenShard, 'clickhouse'>[]
  },
  print: (line: string) => void,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const told = await onEach(shards, ({ clickhouse }) => announcedIn(clickhouse))
  const wanted = wantedOf(onceEach(told.flat()))
  const stop = new AbortController().signal
  const topic = await openKafka({ config, log, resources, stop })
  const filled = await topic.nameAll(wanted)
  if (filled > 0) print(`erasures: ${filled} were not on Kafka, and are again`)
}

/** ClickHouse's codes of a table and of a database that are not there yet: nobody was ever erased. */
const NOT_THERE: readonly (number | null)[] = [60, 81]

async function announcedIn(clickhouse: ClickHouse): Promise<readonly AnnouncedErasure[]> {
  return readAnnounced(clickhouse).catch((error: unknown) => {
    if (error instanceof ClickHouseFailure && NOT_THERE.includes(error.failure.code)) return []
    throw error
  })
}

/** Every shard tells of every erasure, unless it was away when it ended. @returns the latest last */
export function onceEach(told: readonly AnnouncedErasure[]): readonly AnnouncedErasure[] {
  const byId = new Map(told.map((erasure) => [erasure.erasureId, erasure]))
  return [...byId.values()].toSorted((one, other) => one.askedAt - other.askedAt)
}

export function wantedOf(announced: readonly AnnouncedErasure[]): readonly Wanted[] {
  return [...Map.groupBy(announced, ({ id }) => erasedKey(id)).values()].flatMap((ofId) => {
    const last = ofId.at(-1)
    if (last === undefined) return []
    const { id, erasureId, askedBy, askedAt } = last
    return [{ id, spans: spansOf(ofId), by: { erasureId, askedBy, askedAt } }]
  })
}

/** What was asked for and lifted, in its order. */
function spansOf(erasures: readonly AnnouncedErasure[]): readonly ErasedSpan[] {
  return erasures.reduce<readonly ErasedSpan[]>(
    (spans, { state, timestampBefore, announcedAt }) =>
      state === 'lifted'
        ? liftSpans(spans, announcedAt)
        : addSpan(spans, { timestampBefore, receivedBefore: null }),
    [],
  )
}
