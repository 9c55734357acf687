import { partitionKey } from '../consumer/consumer-offsets.ts'
import type { FetchedRecord } from '../consumer/consumer-port.ts'
import type { KafkaLog } from '../topics/kafka-logs.ts'
import type { OutgoingRecord, ProduceOutcome, TopicPartition } from '../records.ts'
import type { FakeClock } from './fake-clock.ts'

/** What is between two steps of a fake: lets a test order, delay or break off every step. */
export type Gate = (point: string) => Promise<void>

/** Topics in memory. */
export interface FakeLog {
  readonly partitions: readonly TopicPartition[]
  readonly logs: readonly KafkaLog[]
  append(
    at: TopicPartition,
    record: Pick<FetchedRecord, 'key' | 'value'> & Partial<Pick<FetchedRecord, 'headers'>>,
  ): number
  records(at: TopicPartition): readonly FetchedRecord[]
}

export function createFakeLog(
  partitionsByTopic: Readonly<Record<string, number>>,
  clock: Pick<FakeClock, 'nowMs'>,
  clusterId = 'memory',
): FakeLog {
  const partitions = Object.entries(partitionsByTopic).flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  const logs = new Map<string, FetchedRecord[]>(partitions.map((each) => [partitionKey(each), []]))
  const logOf = (at: TopicPartition): FetchedRecord[] => {
    const log = logs.get(partitionKey(at))
    if (log === undefined) throw new Error(`no partition ${partitionKey(at)}`)
    return log
  }
  return {
    partitions,
    logs: Object.keys(partitionsByTopic).map((topic) => ({ clusterId, topic, topicId: topic })),
    append: (at, { key, value, headers = {} }) => {
      const log = logOf(at)
      const { nowMs: timestampMs } = clock
      log.push({ partition: at.partition, offset: log.length, timestampMs, key, value, headers })
      return log.length - 1
    },
    records: logOf,
  }
}

/**
 * What a produce request meets. `refused` is not written, `partly` up to its first record, `answerLost` is
 * written without an acknowledgement, `late` only after the producer has given it up.
 */
export type ProduceFate = 'ok' | 'refused' | 'partly' | 'answerLost' | 'late'

/** An in-memory fake of the producer, over the same topics as the consumers. */
export function createFakeProducer(options: {
  readonly log: FakeLog
  readonly gate: Gate
  readonly fate: () => ProduceFate
  readonly later: (call: () => void) => void
}): { produce(records: readonly OutgoingRecord[]): Promise<readonly ProduceOutcome[]> } {
  const { log, gate, fate, later } = options
  const write = ({ topic, partition, key, value, headers = {} }: OutgoingRecord): number => {
    const bytes = Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
    )
    return log.append({ topic, partition }, { key, value, headers: bytes })
  }
  const acknowledge = (record: OutgoingRecord): ProduceOutcome => ({
    status: 'acknowledged',
    offset: write(record),
  })
  const outcomesOf = (records: readonly OutgoingRecord[]): readonly ProduceOutcome[] => {
    switch (fate()) {
      case 'ok':
        return records.map(acknowledge)
      case 'refused':
        return records.map(() => UNAVAILABLE)
      case 'partly':
        return records.map((record, index) => (index === 0 ? acknowledge(record) : UNAVAILABLE))
      case 'answerLost':
        records.forEach(write)
        return records.map(() => UNAVAILABLE)
      case 'late':
        later(() => records.forEach(write))
        return records.map(() => UNAVAILABLE)
    }
  }
  return {
    produce: async (records) => {
      await gate('produce')
      const outcomes = outcomesOf(records)
      await gate('produced')
      return outcomes
    },
  }
}

const UNAVAILABLE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }
