import type { KeyOwner } from '@custom-events/clickhouse'
import type { DestroyedKeys } from './destroy-keys.ts'

/** What is said of it: lines for a person. */
export function reportDestroyed(
  { kind, id }: KeyOwner,
  { keys, replacedParts, kafkaKeepsBecause }: DestroyedKeys,
): readonly string[] {
  return [
    `${keys} keys of ${kind} ${JSON.stringify(id)} destroyed: what they sealed cannot be read any more`,
    replacedParts === 0
      ? 'ClickHouse: the parts that held them are removed'
      : `ClickHouse: ${replacedParts} replaced parts are still there; run it again in a minute`,
    kafkaKeepsBecause === null
      ? 'Kafka: no reader gets them; their files go within about 6 minutes, by the intervals of the broker'
      : 'Kafka: no reader gets them; their bytes stay until an hour after the next key, ' +
        `because the segments could not be closed: ${kafkaKeepsBecause}`,
  ]
}
