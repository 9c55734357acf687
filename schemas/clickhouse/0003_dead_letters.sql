-- Records that the consumer could not insert. A repeated dead letter of one record collapses, whenever
-- it was repeated; for that reason the table has no partitions.
CREATE TABLE IF NOT EXISTS dead_letters ${ON_CLUSTER}
(
    source_topic     LowCardinality(String) COMMENT 'Topic of the record that failed.',
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
    kafka_offset     UInt64 COMMENT 'Where the dead letter lies in Kafka; also the version: the highest wins.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(kafka_offset)
ORDER BY (source_topic, source_partition, source_offset)
COMMENT 'Records set aside by the consumer, byte for byte, with the reason. Read with FINAL.';
