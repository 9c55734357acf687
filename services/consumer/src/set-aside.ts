import type { Producer } from '@custom-events/kafka'
import { toDeadLetter } from './dead-letter.ts'
import type { RefusedRecord } from './isolate.ts'
import type { Persistence } from './persist.ts'
import { retryFor } from './retry.ts'

/**
 * Puts records on the dead-letter topic; resolves only when Kafka has acknowledged every one. A repeated
 * dead letter of one record collapses in the table.
 * @throws {Abandoned}
 */
export type SetAside = (topic: string, refused: readonly RefusedRecord[]) => Promise<void>

export function createSetAside(options: {
  readonly producer: Pick<Producer, 'produce'>
  readonly target: { readonly topic: string; readonly partitions: number }
  readonly persistence: Persistence
}): SetAside {
  const { producer, target, persistence } = options
  return async (topic, refused) => {
    let left = refused.map((each) => toDeadLetter({ topic, ...each }, target))
    for (let attempt = 0; left.length > 0; attempt++) {
      const outcomes = await producer.produce(left)
      left = left.filter((_, index) => outcomes[index]?.status !== 'acknowledged')
      if (left.length === 0) break
      const error = new Error(
        `${left.length} dead letters were not acknowledged by ${target.topic}`,
      )
      await persistence.wait(retryFor('dead_letter_topic', attempt, error))
    }
  }
}
