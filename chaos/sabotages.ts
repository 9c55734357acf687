import type { FaultKind } from './schedule.ts'

/** A way to break the product. Each must turn the interleavings or the harness red. */
export interface Sabotage {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Faults without which the break does no harm. */
  readonly kinds: readonly FaultKind[]
}

/** `find` must be there exactly once. */
interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const CONSUMER = 'services/consumer/src'
const consumeFile = `${CONSUMER}/consume.ts`
const KILLS: readonly FaultKind[] = ['consumer_kill', 'failpoint_before_insert', 'consumer_kill']

export const sabotages: readonly Sabotage[] = [
  {
    name: 'commit before insert',
    kinds: KILLS,
    edits: [
      {
        file: consumeFile,
        find: '    const inDoubt = doubtOf(assignment, route.topic)',
        replace:
          '    for (const end of closed.ends) assignment.uncommitted.set(partitionKey(end), end)\n' +
          '    await commit(ports, assignment)\n' +
          '    const inDoubt = doubtOf(assignment, route.topic)',
      },
    ],
  },
  {
    name: 'commit one offset too far',
    kinds: KILLS,
    edits: [
      {
        file: `${CONSUMER}/batch.ts`,
        find: 'endByPartition.set(fetched.partition, fetched.next)',
        replace: 'endByPartition.set(fetched.partition, fetched.next + 1)',
      },
    ],
  },
  {
    name: 'no read-back after an assignment',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/assignment.ts`,
        find: 'if (each.topic === topic && end !== undefined) doubt.set(each.partition, end)',
        replace: '',
      },
    ],
  },
  {
    name: 'no read-back after a failed insert',
    kinds: ['insert_link_drop_answer'],
    edits: [
      {
        file: `${CONSUMER}/insert.ts`,
        find: 'inDoubt = doubtAll(records, inDoubt)',
        replace: 'inDoubt = new Map()',
      },
    ],
  },
  {
    name: 'doubt ends after the first batch',
    kinds: ['failpoint_after_insert'],
    edits: [
      {
        file: `${CONSUMER}/doubt.ts`,
        find: 'return new Set(doubt.keys()).difference(new Set(settled))',
        replace: 'return new Set()',
      },
    ],
  },
  {
    name: 'a batch that was given up is committed',
    kinds: ['insert_link_refuse', 'consumer_term', 'consumer_leave'],
    edits: [
      {
        file: consumeFile,
        // Without this line alone nothing breaks: after a batch is given up no record of its partition
        // is handed out in the same assignment.
        find: '    assignment.isOver = true\n',
        replace:
          '    for (const end of closed.ends) assignment.uncommitted.set(partitionKey(end), end)\n',
      },
    ],
  },
  {
    name: 'a failed write to the dead-letter topic is swallowed',
    kinds: ['dead_letters_refused'],
    edits: [
      {
        file: `${CONSUMER}/set-aside.ts`,
        find: "left = left.filter((_, index) => outcomes[index]?.status !== 'acknowledged')",
        replace: 'left = outcomes.length === left.length ? [] : left',
      },
    ],
  },
  {
    name: 'poison is skipped instead of set aside',
    kinds: ['poison'],
    edits: [
      {
        file: `${CONSUMER}/settle.ts`,
        find: 'if (poison.length > 0) {',
        replace: 'if (poison.length > 1e9) {',
      },
    ],
  },
  {
    name: 'the search for refused rows is off by one',
    kinds: ['poison'],
    edits: [
      {
        file: `${CONSUMER}/isolate.ts`,
        find: 'await search(part.slice(middle))',
        replace: 'await search(part.slice(middle + 1))',
      },
    ],
  },
  {
    name: 'one of 10,000 offsets is dropped',
    kinds: [],
    edits: [
      {
        file: `${CONSUMER}/route.ts`,
        find: 'encode: (records) => transcoder.transcode(records),',
        replace:
          'encode: (records) => transcoder.transcode(records.filter(({ offset }) => offset % 10_000 !== 150)),',
      },
    ],
  },
  {
    name: 'start at the latest record',
    kinds: ['consumer_join'],
    edits: [
      {
        file: 'packages/kafka/src/consumer-positions.ts',
        find: 'offset: committed ?? earliest, latest })',
        replace: 'offset: latest, latest })',
      },
    ],
  },
  {
    name: 'acks=0',
    kinds: ['kafka_kill'],
    edits: [
      {
        file: 'packages/kafka/src/produce-request.ts',
        find: 'const ACKS = -1',
        replace: 'const ACKS = 0',
      },
      {
        file: 'packages/kafka/src/lean-link.ts',
        find: 'expectResponse: true,',
        replace: 'expectResponse: false,',
      },
      {
        file: 'packages/kafka/src/lean-link.ts',
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
        file: 'services/ingest/src/produce-within.ts',
        find: 'deadlines.add(waiting)',
        replace:
          'deadlines.add(waiting)\n' +
          "      resolve(records.map(() => ({ status: 'acknowledged', offset: 0 }) as const))",
      },
    ],
  },
  {
    name: 'what Kafka did not acknowledge is called accepted',
    kinds: ['kafka_kill', 'produce_link_reset'],
    edits: [
      {
        file: 'packages/kafka/src/producer.ts',
        find: "if (result.status === 'failed') return UNAVAILABLE",
        replace: "if (result.status === 'failed') return { status: 'acknowledged', offset: 0 }",
      },
    ],
  },
  {
    name: 'records of a request are swapped',
    kinds: [],
    edits: [
      {
        file: 'packages/kafka/src/record-batch.ts',
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
        file: 'services/ingest/src/encode.ts',
        find: 'value: codec.encode(event, schemaId)',
        replace:
          'value: codec.encode(event.event_id.endsWith("42") ? { ...event, properties: event.properties.replace("version", "versioo") } : event, schemaId)',
      },
      {
        file: 'services/ingest/src/encode.ts',
        find: 'slab.write(event)',
        replace:
          'slab.write(event)\n' +
          '      const value = slab.slab.subarray(slab.start, slab.end)\n' +
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
        file: 'services/ingest/src/encode.ts',
        find: 'partitionOf(event.group_id, partitionCount)',
        replace:
          '(partitionOf(event.group_id, partitionCount) + (Date.now() % 2)) % partitionCount',
      },
      {
        file: 'services/ingest/src/encode.ts',
        find: 'partitionOfHash(slab.hash, partitionCount)',
        replace: '(partitionOfHash(slab.hash, partitionCount) + (Date.now() % 2)) % partitionCount',
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
        find: 'ReplacingMergeTree(kafka_offset)',
        replace: 'ReplacingMergeTree(sent_first)',
      },
      {
        file: 'schemas/clickhouse/0001_events.sql',
        find: '    -- The consumer asks',
        replace:
          '    sent_first UInt64 MATERIALIZED 1000000000 - kafka_offset,\n    -- The consumer asks',
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
        file: 'services/ingest/src/track.ts',
        find: 'metrics.accepted.inc(count)',
        replace: 'metrics.accepted.inc(2 * count)',
      },
    ],
  },
]
