import { createClickHouse, readErasureRows, type Erasure } from '@custom-events/clickhouse'
import { addSpan, erasedKey, liftSpans, type ErasedSpan } from '@custom-events/event'
import type { Logger } from '@custom-events/runtime'
import { openKafka } from '../erase/open-kafka.ts'
import type { SetupConfig } from '../config.ts'

/**
 * Writes the erasures to Kafka that ClickHouse tells of and the topic has not: it was lost, or made anew. Without them a
 * refill would bring everybody back.
 */
export async function restoreErasures(
  config: SetupConfig,
  log: Logger,
  print: (line: string) => void,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const clickhouse = resources.use(createClickHouse(config))
  const announced = (await readErasureRows(clickhouse)).filter(
    ({ announcedAt }) => announcedAt !== null,
  )
  if (announced.length === 0) return
  const stop = new AbortController().signal
  const topic = await openKafka({ config, log, resources, stop })
  let restored = 0
  for (const ofId of Map.groupBy(announced, ({ id }) => erasedKey(id)).values()) {
    const last = ofId.at(-1)
    if (last === undefined || (await topic.find(last.id)) !== undefined) continue
    const { erasureId, askedBy, askedAt } = last
    for (const span of spansOf(ofId))
      await topic.announce(last.id, span, { erasureId, askedBy, askedAt })
    restored++
  }
  if (restored > 0) print(`erasures: ${restored} were not on Kafka, and are again`)
}

/** What was asked for and lifted, in its order. */
export function spansOf(erasures: readonly Erasure[]): readonly ErasedSpan[] {
  return erasures.reduce<readonly ErasedSpan[]>(
    (spans, { state, timestampBefore, askedAt }) =>
      state === 'lifted'
        ? liftSpans(spans, askedAt)
        : addSpan(spans, { timestampBefore, receivedBefore: null }),
    [],
  )
}
