-- Events refused at the door. Identity is (request_id, index); the rest of the sorting key depends on it.
-- A replay sends one once more through Kafka, with its resolution: the row is replaced.
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
    raw_truncated   Bool COMMENT 'Whether raw was cut, or beside left out: such an event cannot be replayed.',
    source          LowCardinality(String) COMMENT 'Name of the write key that sent it; empty without one.',
    beside          Nullable(String) COMMENT 'JSON object text: context, sent_at and idempotency_key that the request had beside the event.' CODEC(ZSTD(3)),
    resolution      LowCardinality(Nullable(String)) COMMENT 'NULL: open. replayed: accepted by a replay. superseded: a copy as new or newer had been accepted.',
    resolved_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'When a replay ended it.',
    replayed_to     Nullable(String) COMMENT 'topic/partition/offset of the event that was made of it.',
    inserted_at     DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written, by the clock of ClickHouse.' CODEC(Delta, ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Where the record lies in Kafka.' CODEC(ZSTD(1)),
    version         UInt64 COMMENT 'Generation of its log (see kafka_logs) times 2^48, plus kafka_offset: of two copies the higher wins.' CODEC(Delta, ZSTD(1)),
    kafka_offset    UInt64 ALIAS bitAnd(version, 0xFFFFFFFFFFFF) COMMENT 'Where the record lies in Kafka, within its log and partition.',
    kafka_generation UInt16 ALIAS bitShiftRight(version, 48) COMMENT 'Which log the record lies in: see kafka_logs.',

    INDEX version_range version TYPE minmax GRANULARITY 1,
    INDEX group_id_lookup group_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${ENGINE}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(received_at)
ORDER BY (code, received_at, request_id, `index`)
${REJECTED_TTL}
COMMENT 'Events refused at the door, with every reason.';
