import type { OutgoingRecord, ProduceOutcome, Producer } from '@custom-events/kafka'

/**
 * Produces and gives up waiting after `timeoutMs`: the producer promises to be quicker, the client's
 * patience does not rest on that promise.
 */
export async function produceWithin(
  producer: Producer,
  records: readonly OutgoingRecord[],
  timeoutMs: number,
): Promise<readonly ProduceOutcome[]> {
  const { promise: overdue, resolve } = Promise.withResolvers<readonly ProduceOutcome[]>()
  const timer = setTimeout(() => resolve(records.map(() => OVERDUE)), timeoutMs)
  try {
    return await Promise.race([producer.produce(records), overdue])
  } finally {
    clearTimeout(timer)
  }
}

const OVERDUE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }
