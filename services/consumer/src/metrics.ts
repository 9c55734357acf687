import { createMetrics, type Metrics } from '@custom-events/runtime'
import { TROUBLE_CAUSES } from '@custom-events/kafka'
import { UNDECODABLE } from '@custom-events/codec'
import { RETRY_REASONS } from './insert/retry.ts'

const TABLES = ['events', 'rejected_events', 'dead_letters', 'seal_keys'] as const

/**
 * Every metric of the consumer. Counted when a batch is settled, so that
 * consumed = inserted + already there + dead-lettered + erased holds at every moment.
 */
export const consumerMetrics = {
  shard: {
    type: 'gauge',
    name: 'shard',
    help: 'Which shard of ClickHouse this consumer serves; the value is of how many. Join it to the others by `instance`.',
    labels: { shard: [], shards: [] },
  },
  consumed: {
    type: 'counter',
    name: 'consumed_records_total',
    help: 'Records of settled batches, by the table they belong to.',
    labels: { table: TABLES },
  },
  misplaced: {
    type: 'counter',
    name: 'misplaced_records_total',
    help:
      'Records of events that this shard has read and whose key is of another, of several shards: who produces to Kafka ' +
      'directly names a wrong partition, and copies of an event on two shards never collapse.',
  },
  inserted: {
    type: 'counter',
    name: 'inserted_rows_total',
    help: 'Rows written to ClickHouse.',
    labels: { table: TABLES },
  },
  alreadyThere: {
    type: 'counter',
    name: 'already_inserted_rows_total',
    help: 'Rows that a read-back found in the table, inserted before and not committed.',
    labels: { table: TABLES },
  },
  erased: {
    type: 'counter',
    name: 'erased_records_total',
    help: 'Records of somebody who is erased: read, and not inserted, by the table they would have gone to.',
    labels: { table: TABLES },
  },
  erasures: {
    type: 'gauge',
    name: 'erasures',
    help: 'Users, accounts and visitors that are erased, as far as this process knows.',
  },
  erasuresAge: {
    type: 'gauge',
    name: 'erasures_age_seconds',
    help:
      'Since the topic of erasures was last read to its end; absent before the first time. Above 30 s nothing is ' +
      'inserted until it is read again.',
  },
  deadLettered: {
    type: 'counter',
    name: 'dead_lettered_records_total',
    help: 'Records set aside on the dead-letter topic, by reason.',
    labels: { reason: [...UNDECODABLE, 'refused'] },
  },
  shortened: {
    type: 'counter',
    name: 'shortened_dead_letters_total',
    help: 'Dead letters that do not hold the whole record: the topic does not take it, or it was too long to be read.',
    labels: { kind: ['shortened', 'stub'] },
  },
  allowedPoison: {
    type: 'counter',
    name: 'allowed_poison_records_total',
    help: 'Bad records that would have halted, set aside because of POISON_SET_ASIDE_UP_TO.',
    labels: { table: TABLES },
  },
  batches: {
    type: 'counter',
    name: 'batches_total',
    help: 'Batches closed, by trigger.',
    labels: { trigger: ['rows', 'bytes', 'age', 'revoke', 'shutdown'] },
  },
  abandoned: {
    type: 'counter',
    name: 'batches_abandoned_total',
    help:
      'Batches given up uncommitted because the partitions went elsewhere or the service stopped; ' +
      'whoever owns the partitions next reads them again.',
  },
  insertSeconds: {
    type: 'histogram',
    name: 'insert_seconds',
    help: 'Time of one insert into ClickHouse, failed ones included.',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  delaySeconds: {
    type: 'histogram',
    name: 'delay_seconds',
    help: 'Time from received_at of the oldest row of a batch until the batch can be queried.',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200],
  },
  readBacks: {
    type: 'counter',
    name: 'read_backs_total',
    help: 'Questions to ClickHouse which offsets it has, by what put them in doubt.',
    labels: { cause: ['assignment', 'failure'] },
  },
  retries: {
    type: 'counter',
    name: 'retries_total',
    help: 'Attempts that failed and were or will be repeated, by reason.',
    labels: { reason: RETRY_REASONS },
  },
  commits: {
    type: 'counter',
    name: 'commits_total',
    help: 'Commits of offsets; one that was lost is made up for by the next.',
    labels: { outcome: ['committed', 'lost'] },
  },
  completeness: {
    type: 'counter',
    name: 'complete_until_records_total',
    help:
      'Times that ClickHouse was told up to when the partitions are complete. While it fails, the view ' +
      'complete_until stands still, and nothing else does.',
    labels: { outcome: ['recorded', 'failed'] },
  },
  inDoubt: {
    type: 'gauge',
    name: 'partitions_in_doubt',
    help: 'Partitions whose next batch is preceded by a read-back.',
  },
  stuck: {
    type: 'gauge',
    name: 'partitions_stuck',
    help:
      'What keeps records from being read, by cause: partitions, and topics, brokers or the group as one. ' +
      'The log and /health/ready name each, with what to do.',
    labels: { cause: TROUBLE_CAUSES },
  },
  offsetGaps: {
    type: 'counter',
    name: 'offset_gaps_total',
    help:
      'Offsets that are not there and that no transaction explains: the topic is compacted, or Kafka lost ' +
      'records that it had acknowledged.',
  },
  outOfRange: {
    type: 'gauge',
    name: 'partitions_out_of_range',
    help: 'Partitions that lost records before they were inserted, since the last assignment.',
  },
  isHalted: {
    type: 'gauge',
    name: 'halted',
    help: '1 while a person must act before anything is inserted.',
  },
  foreignMembers: {
    type: 'gauge',
    name: 'foreign_members',
    help: 'Members of the consumer group that read other topics, or few of ours; absent when unknown.',
  },
  earlierMembers: {
    type: 'gauge',
    name: 'earlier_members',
    help:
      'Members of the consumer group that are of an earlier release, which makes no claims: an upgrade is half done; ' +
      'absent when unknown.',
  },
  isNameTaken: {
    type: 'gauge',
    name: 'name_taken',
    help:
      '1 when another process has joined the consumer group as KAFKA_GROUP_INSTANCE_ID of this one, which goes on ' +
      'without a name.',
  },
  lag: {
    type: 'gauge',
    name: 'lag_records',
    help:
      "Records that the group has not committed, of every partition that it reads, so that each instance's " +
      'figure is of the whole group: take the maximum, not the sum; absent when unknown. Of several shards each group ' +
      'reads its own partitions, and all of the topic of keys.',
    labels: { topic: [], partition: [] },
  },
  oldestUnread: {
    type: 'gauge',
    name: 'oldest_unread_seconds',
    help: 'Age of the oldest of these records, 0 when there is none; absent when unknown.',
    labels: { topic: [], partition: [] },
  },
  retentionLeft: {
    type: 'gauge',
    name: 'retention_left_seconds',
    help:
      "Until the topic's retention deletes the oldest of these records; absent when there is none, or when it " +
      'is unknown (no right to ask). A limit by size may delete it sooner.',
    labels: { topic: [], partition: [] },
  },
  retentionBytes: {
    type: 'gauge',
    name: 'retention_bytes',
    help:
      'Above which size Kafka deletes the oldest records of a partition, read or not (retention.bytes); absent ' +
      'when there is no such limit, or when it is unknown.',
    labels: { topic: [], partition: [] },
  },
  rollupBehind: {
    type: 'gauge',
    name: 'rollup_behind_seconds',
    help:
      'How far a rollup of ClickHouse is behind what is in it (rollup_freshness), of the whole database, so take the ' +
      'maximum, not the sum; +Inf while it is filled, absent when unknown.',
    labels: { rollup: [] },
  },
  memoryBytes: {
    type: 'gauge',
    name: 'memory_budget_used_bytes',
    help: 'Bytes of records and blocks held, out of MEMORY_BUDGET_BYTES.',
  },
  isPaused: {
    type: 'gauge',
    name: 'fetch_paused',
    help: '1 while nothing is fetched because the memory budget is used up.',
  },
  pauses: {
    type: 'gauge',
    name: 'fetch_pauses',
    help: 'How often fetching was paused for memory since the start.',
  },
} as const

export type ConsumerMetrics = Metrics<typeof consumerMetrics>

export function createConsumerMetrics(): ConsumerMetrics {
  return createMetrics(consumerMetrics)
}
