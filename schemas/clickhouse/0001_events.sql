-- Every accepted event. Analysts read the view `tracked`, which shows each event once.
--
-- Identity is (group_id, event, timestamp, event_id): the sorting key, and nothing else, so every copy
-- of an event sorts together and lies in one partition (the month of its own timestamp). The copy with
-- the highest version wins: of the log that was registered later, and within one log of the higher offset.
-- Offsets are comparable because an account always lives in one Kafka partition.
CREATE TABLE IF NOT EXISTS events ${ON_CLUSTER}
(
    group_id        String COMMENT 'The account, as the producer named it; also the Kafka key.' CODEC(ZSTD(3)),
    event           LowCardinality(String) COMMENT 'What happened: the name of the event.' CODEC(ZSTD(1)),
    timestamp       DateTime64(3, 'UTC') COMMENT 'When it happened, by the clock of the producer. Never corrected: identity rests on it.' CODEC(T64('bit'), ZSTD(1)),
    event_id        String COMMENT 'Id of the event, given by the producer or made by ingest.' CODEC(ZSTD(1)),
    user_id         Nullable(String) COMMENT 'Who did it; NULL when only an anonymous_id is known.' CODEC(ZSTD(1)),
    anonymous_id    Nullable(String) COMMENT 'Who did it before they were known.' CODEC(ZSTD(1)),
    sent_at         Nullable(DateTime64(3, 'UTC')) ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(timestamp) + sent_after, 'UTC') COMMENT 'When the request was sent, by the clock of the producer.',
    received_at     DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(timestamp) + received_after, 'UTC') COMMENT 'When ingest took it, by our clock.',
    inserted_at     DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(timestamp) + received_after + inserted_after, 'UTC') COMMENT 'When this row was written, by the clock of ClickHouse.',
    properties      String COMMENT 'JSON object text, as sent.' CODEC(ZSTD(1)),
    context         String COMMENT 'JSON object text, as sent.' CODEC(ZSTD(1)),
    extra           String COMMENT 'JSON object text: top-level fields that are not part of the contract.' CODEC(ZSTD(3)),
    source          LowCardinality(String) COMMENT 'Name of the write key that sent it; empty without one.' CODEC(ZSTD(1)),
    kafka_partition UInt32 COMMENT 'Where the record lies in Kafka.' CODEC(ZSTD(1)),
    version         UInt64 COMMENT 'Generation of its log (see kafka_logs) times 2^48, plus kafka_offset: of two copies the higher wins.' CODEC(T64('bit'), ZSTD(1)),
    kafka_offset    UInt64 ALIAS bitAnd(version, 0xFFFFFFFFFFFF) COMMENT 'Where the record lies in Kafka, within its log and partition.',
    kafka_generation UInt16 ALIAS bitShiftRight(version, 48) COMMENT 'Which log the record lies in: see kafka_logs.',

    -- Three of the four times are kept as differences, which take a third of the bytes. They are whole Int64, and their
    -- sums wrap as they do: every time that fits its type comes back as it was.
    sent_after      Nullable(Int64) DEFAULT if(isNull(set_sent_at), NULL, toUnixTimestamp64Milli(coalesce(set_sent_at, timestamp)) - toUnixTimestamp64Milli(timestamp)) COMMENT 'Milliseconds from timestamp to sent_at.' CODEC(T64, ZSTD(1)),
    received_after  Int64 DEFAULT toUnixTimestamp64Milli(set_received_at) - toUnixTimestamp64Milli(timestamp) COMMENT 'Milliseconds from timestamp to received_at.' CODEC(T64('bit'), ZSTD(1)),
    inserted_after  Int64 DEFAULT toUnixTimestamp64Milli(set_inserted_at) - toUnixTimestamp64Milli(set_received_at) COMMENT 'Milliseconds from received_at to inserted_at.' CODEC(T64, ZSTD(1)),
    -- An INSERT names the times so; nothing of them is kept.
    set_sent_at     Nullable(DateTime64(3, 'UTC')) EPHEMERAL COMMENT 'sent_at, in an INSERT.',
    set_received_at DateTime64(3, 'UTC') EPHEMERAL COMMENT 'received_at, in an INSERT.',
    set_inserted_at DateTime64(3, 'UTC') EPHEMERAL now64(3) COMMENT 'inserted_at, in an INSERT that is not to have the time of its own.',

    -- The consumer asks which records are here already, by their versions within a range of received_at.
    INDEX received_at_range received_at TYPE minmax GRANULARITY 1,
    INDEX version_range version TYPE minmax GRANULARITY 1,
    -- The rollups ask which rows are new: see repeatable/rollups.sql.
    INDEX inserted_at_range inserted_at TYPE minmax GRANULARITY 1,
    INDEX user_id_lookup user_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX event_id_lookup event_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ${ENGINE}ReplacingMergeTree(version)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (group_id, event, timestamp, event_id)
${EVENTS_TTL}
-- A month to which nothing came for six hours becomes one part, over which FINAL costs nothing. A month that late
-- events trickle into is rewritten at most four times a day; one that is never quiet is merged as usual.
-- Parts of more than max_bytes_to_merge_at_max_space_in_pool (150 GB) together are never merged so.
SETTINGS min_age_to_force_merge_seconds = 21600, min_age_to_force_merge_on_partition_only = 1,
    enable_max_bytes_limit_for_min_age_to_force_merge = 1
COMMENT 'Every accepted event; may hold several copies of one until they are merged. Read tracked instead.';
