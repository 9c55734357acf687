-- Events refused at the door. Identity is (request_id, index); the rest of the sorting key depends on it.
CREATE TABLE IF NOT EXISTS rejected_events ${ON_CLUSTER}
(
    received_at     DateTime64(3, 'UTC') COMMENT 'When ingest refused it, by our clock.' CODEC(Delta, ZSTD(1)),
    code            LowCardinality(String) COMMENT 'Code of the first error.',
    pointer         String COMMENT 'RFC 6901 pointer of the first error, into the body as sent.' CODEC(ZSTD(1)),
    errors          String COMMENT 'JSON array text: every error.' CODEC(ZSTD(3)),
    request_id      String COMMENT 'The request it came in.' CODEC(ZSTD(1)),
    `index`         Int32 COMMENT 'Its place in that request, from 0.',
    event           Nullable(String) COMMENT 'Name of the event, when it could be read.' CODEC(ZSTD(1)),
    group_id        Nullable(String) COMMENT 'The account, when it could be read.' CODEC(ZSTD(1)),
    user_id         Nullable(String) COMMENT 'The user, when it could be read.' CODEC(ZSTD(1)),
    event_id        Nullable(String) COMMENT 'Id of the event, when it could be read.' CODEC(ZSTD(1)),
    raw             String COMMENT 'The event as sent, JSON text, cut at 64 KiB.' CODEC(ZSTD(3)),
    raw_truncated   Bool COMMENT 'Whether raw was cut: a cut event cannot be replayed.',
    source          LowCardinality(String) COMMENT 'Name of the write key that sent it; empty without one.',
    inserted_at     DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written, by the clock of ClickHouse.' CODEC(Delta, ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Where the record lies in Kafka.' CODEC(ZSTD(1)),
    kafka_offset    UInt64 COMMENT 'Where the record lies in Kafka; also the version: the highest wins.' CODEC(Delta, ZSTD(1)),

    INDEX kafka_offset_range kafka_offset TYPE minmax GRANULARITY 1,
    INDEX group_id_lookup group_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${ENGINE}ReplacingMergeTree(kafka_offset)
PARTITION BY toYYYYMM(received_at)
ORDER BY (code, received_at, request_id, `index`)
${REJECTED_TTL}
COMMENT 'Events refused at the door, with every reason.';
