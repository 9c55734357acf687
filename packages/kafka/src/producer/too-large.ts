import { describeKafkaError, KafkaCodeError } from '../errors/kafka-errors.ts'
import { recordBatchBytes } from '../record-batch/record-batch.ts'
import type { OutgoingRecord, ProduceOutcome } from '../records.ts'

/** Whether the topic cannot take the record even in a batch of its own. */
export function isTooLarge(record: OutgoingRecord, maxBatchBytes: number): boolean {
  return recordBatchBytes([record]) > maxBatchBytes
}

/**
 * Produces what its topics take; what is too large is refused without asking Kafka, and costs its neighbours
 * nothing.
 */
export async function fitting(
  records: readonly OutgoingRecord[],
  maxBatchBytes: (topic: string) => number,
  produce: (records: readonly OutgoingRecord[]) => Promise<readonly ProduceOutcome[]>,
): Promise<readonly ProduceOutcome[]> {
  const isRefused = records.map((record) => isTooLarge(record, maxBatchBytes(record.topic)))
  const outcomes = await produce(records.filter((_, index) => isRefused[index] === false))
  let next = 0
  return records.map((record, index): ProduceOutcome => {
    if (isRefused[index] === true) return refused(record, maxBatchBytes(record.topic))
    return outcomes[next++] ?? { status: 'unacknowledged', reason: 'kafka_unavailable' }
  })
}

const MESSAGE_TOO_LARGE = 10

function refused(record: OutgoingRecord, maxBatchBytes: number): ProduceOutcome {
  const error = new KafkaCodeError(MESSAGE_TOO_LARGE)
  const resource =
    `a record of ${recordBatchBytes([record])} bytes for topic ${record.topic}, ` +
    `which takes ${maxBatchBytes}`
  const failure = {
    class: 'data',
    code: error.type,
    text: describeKafkaError(error, resource),
  } as const
  return { status: 'unacknowledged', reason: 'record_too_large', failure }
}
