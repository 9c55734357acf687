import type { OutgoingRecord, ProduceOutcome, Producer } from '@custom-events/kafka'
import { createDeadlines, type Overdue } from '../admission/deadlines.ts'

export type ProduceWithin = (
  records: readonly OutgoingRecord[],
) => Promise<readonly ProduceOutcome[]>

/**
 * Produces and gives up waiting after `timeoutMs`: the producer promises to be quicker, the client's
 * patience does not rest on that promise.
 */
export function createProduceWithin(producer: Producer, timeoutMs: number): ProduceWithin {
  const deadlines = createDeadlines(timeoutMs)
  return (records) =>
    new Promise((resolve, reject) => {
      const waiting: Overdue = {
        dueAt: 0,
        earlier: null,
        later: null,
        onOverdue: () => resolve(records.map(() => OVERDUE)),
      }
      deadlines.add(waiting)
      producer.produce(records).then(
        (outcomes) => {
          deadlines.remove(waiting)
          resolve(outcomes)
        },
        (error: unknown) => {
          deadlines.remove(waiting)
          reject(error instanceof Error ? error : new Error('producing failed', { cause: error }))
        },
      )
    })
}

const OVERDUE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }
