-- The logs of Kafka that rows come from. Offsets mean something only within one log: a topic of one cluster,
-- from its making to its deletion. Each log has a generation, which never changes; one that is registered
-- later has a higher one, so that versions compare across logs. A generation is taken by an insert whose
-- deduplication token is the number itself: of several at once ClickHouse keeps the first. For that reason
-- the table remembers every token.
CREATE TABLE IF NOT EXISTS kafka_logs ${ON_CLUSTER}
(
    generation    UInt16 COMMENT 'From 1; stands before the offset in the version of a row.',
    cluster_id    String COMMENT 'Id of the Kafka cluster, as the cluster tells it.',
    topic         String COMMENT 'Name of the topic.',
    topic_id      String COMMENT 'Id that Kafka gave the topic when it was made; empty where Kafka has none (before 2.8).',
    registered_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was registered, by the clock of ClickHouse.',
    registered_by LowCardinality(String) COMMENT 'setup, consumer or replay.'
)
ENGINE = ${ENGINE}MergeTree
ORDER BY generation
SETTINGS non_replicated_deduplication_window = 65535, replicated_deduplication_window = 65535,
    replicated_deduplication_window_seconds = 3153600000
COMMENT 'The logs of Kafka that rows come from, each with its generation.';
