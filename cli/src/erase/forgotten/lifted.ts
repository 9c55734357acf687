import type { Erasure } from '@custom-events/clickhouse'
import { liftedAt } from '@custom-events/event'
import type { ErasureTopic } from '../topic/erasure-topic.ts'

/**
 * When an erasure that is not done was lifted after it was asked for; `null`: it was not. A lift is refused while an erasure is
 * under way, so this one was done once, and a backup that was restored, or a shard that was set up anew, has forgotten it.
 *
 * @throws when the topic cannot be read
 */
export async function liftedSince(
  topic: Pick<ErasureTopic, 'find'>,
  { id, timestampBefore, askedAt }: Pick<Erasure, 'id' | 'timestampBefore' | 'askedAt'>,
): Promise<number | null> {
  const record = await topic.find(id)
  return liftedAt(record?.spans ?? [], { timestampBefore, askedAt })
}
