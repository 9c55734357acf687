import { pinnedGenerations } from '@custom-events/kafka'

/**
 * KAFKA_TOPIC stays that of the first generation when a topic grows. Who names a later one as if it were a topic of its own
 * knows of no account that is split in it, has other side topics and another topic of erasures.
 *
 * @throws when it is a later generation of another topic. @throws {KafkaProblem}
 */
export async function mustBeFirst({
  tracked,
  ...kafka
}: Parameters<typeof pinnedGenerations>[0]): Promise<void> {
  const first = firstOf(tracked)
  if (first === null) return
  const later = await pinnedGenerations({ ...kafka, tracked: first })
  if (!later.some(({ topic }) => topic === tracked)) return
  throw new Error(
    `KAFKA_TOPIC=${tracked} is a generation of ${first}, which has grown: set KAFKA_TOPIC=${first}, and KAFKA_PARTITIONS as ` +
      'before. Ingest and consumers find the generations by themselves (docs/operators.md, More partitions)',
  )
}

/** Of which topic it would be a later generation, by its name; `null`: of none. */
function firstOf(topic: string): string | null {
  return /^(.+)\.g(?:[2-9]|[1-9]\d+)$/.exec(topic)?.[1] ?? null
}
