-- Up to when each partition of Kafka is complete here; the view `complete_until` says it of a topic. Information only:
-- nothing is recovered from it, and the consumer goes on without it.
--
-- A row is written by a consumer, at most once a second for each of its partitions. It never becomes false: it speaks of records
-- that are in the tables. So the highest of each value holds, whoever wrote it, and however late it came.
--
-- No clock but that of ClickHouse is in it: a consumer asks ClickHouse for the time, then Kafka where the partitions end.
-- What was acknowledged before that time lies below that end, and the partition is complete until then once the consumer
-- has settled everything below.
CREATE TABLE IF NOT EXISTS settled ${ON_CLUSTER}
(
    topic           LowCardinality(String) COMMENT 'Topic of the log.',
    generation      UInt16 COMMENT 'Which log of that name: see kafka_logs.',
    kafka_partition UInt32 COMMENT 'Partition of the log.',
    next_offset     SimpleAggregateFunction(max, UInt64) COMMENT 'All records below it are rows here, or were set aside as dead letters.',
    complete_until  SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'Every record acknowledged before this moment, by the clock of ClickHouse, lies below next_offset. 1970: not known yet.',
    lost_before     SimpleAggregateFunction(max, UInt64) COMMENT 'Records below this offset were gone from Kafka before a consumer could read them; 0: none.',
    recorded_at     SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When the consumer of the partition last wrote it. 1970: no consumer has had the partition.'
)
ENGINE = ${ENGINE}AggregatingMergeTree
ORDER BY (topic, generation, kafka_partition)
COMMENT 'Up to when each partition of Kafka is complete here: query complete_until.';
