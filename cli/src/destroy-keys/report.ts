import type { IdKind } from '@custom-events/event'
import type { DestroyedKeys } from './destroy-keys.ts'

/** Whose keys are meant: a user or an anonymous visitor, whatever the account, or a whole account. */
export interface KeyOwner {
  readonly kind: IdKind
  readonly id: string
}

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
    kafkaLine(kafkaKeepsBecause),
  ]
}

/** What Kafka still holds of destroyed keys. */
export function kafkaLine(keepsBecause: DestroyedKeys['kafkaKeepsBecause']): string {
  return keepsBecause === null
    ? 'Kafka: no reader gets them; their files go within about 6 minutes, by the intervals of the broker'
    : 'Kafka: no reader gets them; their bytes stay until an hour after the next key, ' +
        `because the segments could not be closed: ${keepsBecause}`
}
