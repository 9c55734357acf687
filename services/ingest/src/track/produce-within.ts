import type { OutgoingRecord, ProduceOutcome, Producer } from '@custom-events/kafka'

export type ProduceWithin = (
  records: readonly OutgoingRecord[],
) => Promise<readonly ProduceOutcome[]>

/**
 * Produces and gives up waiting after `timeoutMs`: the producer promises to be quicker, the client's
 * patience does not rest on that promise.
 */
export function createProduceWithin(
  producer: Pick<Producer, 'produce'>,
  timeoutMs: number,
): ProduceWithin {
  return (records) =>
    new Promise((resolve, reject) => {
      const overdue = setTimeout(() => resolve(records.map(() => OVERDUE)), timeoutMs).unref()
      producer.produce(records).then(
        (outcomes) => {
          clearTimeout(overdue)
          resolve(outcomes)
        },
        (error: unknown) => {
          clearTimeout(overdue)
          reject(error instanceof Error ? error : new Error('producing failed', { cause: error }))
        },
      )
    })
}

const OVERDUE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }
