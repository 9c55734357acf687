-- Records that the consumer could not insert. A repeated dead letter of one record collapses, whenever
-- it was repeated; for that reason the table has no partitions. A record is known by its log, not only by
-- its topic: two clusters have topics of one name, and a topic can be made anew.
CREATE TABLE IF NOT EXISTS dead_letters ${ON_CLUSTER}
(
    source_topic     LowCardinality(String) COMMENT 'Topic of the record that failed.',
    source_log       LowCardinality(String) COMMENT 'Which log of that name: cluster_id/topic_id, see kafka_logs.',
    source_partition UInt32 COMMENT 'Partition of the record that failed.',
    source_offset    UInt64 COMMENT 'Offset of the record that failed.',
    stage            LowCardinality(String) COMMENT 'Where it failed: decode or insert.',
    error_code       LowCardinality(String) COMMENT 'Why: a code of the decoder, or the error code of ClickHouse.',
    error_class      LowCardinality(String) COMMENT 'Kind of error.',
    error_message    String COMMENT 'What the decoder or ClickHouse said.' CODEC(ZSTD(3)),
    key              Nullable(String) COMMENT 'Key of the record, byte for byte.' CODEC(ZSTD(3)),
    value            Nullable(String) COMMENT 'Value of the record, byte for byte; NULL for a tombstone.' CODEC(ZSTD(3)),
    headers          Map(String, String) COMMENT 'Every header of the dead letter.' CODEC(ZSTD(3)),
    dead_lettered_at DateTime64(3, 'UTC') COMMENT 'When it was set aside, by the clock of Kafka.' CODEC(Delta, ZSTD(1)),
    inserted_at      DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written, by the clock of ClickHouse.' CODEC(Delta, ZSTD(1)),
    kafka_partition  UInt32 COMMENT 'Where the dead letter lies in Kafka.',
    version          UInt64 COMMENT 'Generation of its log (see kafka_logs) times 2^48, plus kafka_offset: of two copies the higher wins.',
    kafka_offset     UInt64 ALIAS bitAnd(version, 0xFFFFFFFFFFFF) COMMENT 'Where the dead letter lies in Kafka, within its log and partition.',
    kafka_generation UInt16 ALIAS bitShiftRight(version, 48) COMMENT 'Which log the dead letter lies in: see kafka_logs.',
    resolution       Nullable(String) ALIAS nullIf(headers['custom-events.resolution'], '') COMMENT 'NULL: open. replayed: produced again by a replay. superseded: a copy as new or newer had been accepted.',
    resolved_at      Nullable(DateTime64(3, 'UTC')) ALIAS parseDateTime64BestEffortOrNull(headers['custom-events.resolved-at'], 3, 'UTC') COMMENT 'When a replay ended it.',
    replayed_to      Nullable(String) ALIAS nullIf(headers['custom-events.replayed-to'], '') COMMENT 'topic/partition/offset of the record that was made of it.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(version)
ORDER BY (source_topic, source_log, source_partition, source_offset)
COMMENT 'Records set aside by the consumer, byte for byte, with the reason. Read with FINAL.';
