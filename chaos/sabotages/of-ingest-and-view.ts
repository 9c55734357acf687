import type { Sabotage } from './sabotage.ts'

/** From the request to the topic, and what analysts and operators see. */
export const sabotagesOfIngestAndView: readonly Sabotage[] = [
  {
    name: 'acks=0',
    kinds: ['kafka_kill'],
    edits: [
      {
        file: 'packages/kafka/src/producer/produce-request.ts',
        find: 'const ACKS = -1',
        replace: 'const ACKS = 0',
      },
      {
        file: 'packages/kafka/src/kafkajs/send-request.ts',
        find: 'expectResponse: true,',
        replace: "expectResponse: api.apiName !== 'Produce',",
      },
      {
        file: 'packages/kafka/src/producer/direct-link.ts',
        find: 'const response = decodeProduceResponse(payload, version)',
        replace:
          'const response = { parts: parts.map((part) => ({ ...part, errorCode: 0, baseOffset: 0 })), throttleMs: 0 }',
      },
    ],
  },
  {
    name: 'answer before the acknowledgement',
    kinds: ['kafka_kill'],
    edits: [
      {
        file: 'services/ingest/src/track/produce-within.ts',
        find: '      producer.produce(records).then(',
        replace:
          "      resolve(records.map(() => ({ status: 'acknowledged', offset: 0 }) as const))\n" +
          '      producer.produce(records).then(',
      },
    ],
  },
  {
    name: 'what Kafka did not acknowledge is called accepted',
    kinds: ['kafka_kill', 'produce_link_reset'],
    edits: [
      {
        file: 'packages/kafka/src/producer/producer.ts',
        find: '    giveUp(batch, fate)',
        replace: '    acknowledge(batch, 0)',
      },
    ],
  },
  {
    name: 'records of a request are swapped',
    kinds: [],
    edits: [
      {
        file: 'packages/kafka/src/record-batch/record-batch.ts',
        find: 'const record = records[index]',
        replace: 'const record = records[records.length - 1 - index]',
      },
    ],
  },
  {
    name: 'a byte of one event in a hundred is flipped',
    kinds: [],
    edits: [
      {
        file: 'services/ingest/src/track/encode.ts',
        find: 'value: codec.encode(event, schemaId)',
        replace:
          'value: codec.encode(event.event_id.endsWith("42") ? { ...event, properties: event.properties.replace("version", "versioo") } : event, schemaId)',
      },
      {
        file: 'services/ingest/src/track/encode.ts',
        find: 'recordBuffer.write(event)',
        replace:
          'recordBuffer.write(event)\n' +
          '      const value = recordBuffer.buffer.subarray(recordBuffer.start, recordBuffer.end)\n' +
          "      const at = event.event_id.endsWith('42') ? value.indexOf('version') : -1\n" +
          "      if (at !== -1) value.write('versioo', at)",
      },
    ],
  },
  {
    name: 'the partition is the client’s guess',
    kinds: [],
    edits: [
      {
        file: 'services/ingest/src/track/encode.ts',
        find: 'partitionOfEvent(event, placement)',
        replace: '(partitionOfEvent(event, placement) + (Date.now() % 2)) % placement.partitions',
      },
      {
        file: 'services/ingest/src/track/encode.ts',
        find: 'partitionOfHashed(recordBuffer.hash, event, placement)',
        replace:
          '(partitionOfHashed(recordBuffer.hash, event, placement) + (Date.now() % 2)) % placement.partitions',
      },
    ],
  },
  {
    name: 'the view shows every copy',
    kinds: ['produce_link_drop_answer'],
    edits: [
      {
        file: 'schemas/clickhouse/repeatable/tracked.sql',
        find: 'FROM events FINAL',
        replace: 'FROM events',
      },
    ],
  },
  {
    name: 'the first copy of an event wins',
    kinds: [],
    edits: [
      {
        file: 'schemas/clickhouse/0001_events.sql',
        find: 'ReplacingMergeTree(version)',
        replace: 'ReplacingMergeTree(sent_first)',
      },
      {
        file: 'schemas/clickhouse/0001_events.sql',
        find: '    -- The consumer asks',
        replace:
          '    sent_first UInt64 MATERIALIZED 1000000000000000000 - version,\n    -- The consumer asks',
      },
    ],
  },
  {
    name: 'a counter is counted twice',
    kinds: [],
    edits: [
      {
        file: 'services/ingest/src/metrics.ts',
        find: 'metrics.accepted.inc(accepted)',
        replace: 'metrics.accepted.inc(2 * accepted)',
      },
      {
        file: 'services/ingest/src/track/track.ts',
        find: 'metrics.accepted.inc(accepted)',
        replace: 'metrics.accepted.inc(2 * accepted)',
      },
    ],
  },
]
