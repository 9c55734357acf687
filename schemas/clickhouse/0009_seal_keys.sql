-- Keys that sealed properties are opened with, in a database of their own: a backup of the events holds none of them, and
-- whoever may read the events may not read these. A key that is destroyed is gone from here, and with it all that it sealed,
-- wherever copies of that lie.
CREATE DATABASE IF NOT EXISTS ${KEYS_DATABASE} ${ON_CLUSTER};
-- Parts that a mutation has replaced hold destroyed keys: they are removed at once, not after eight minutes. So that a power
-- loss in between loses nothing, parts are flushed to the disk when they are written.
CREATE TABLE IF NOT EXISTS ${KEYS_DATABASE}.seal_keys ${ON_CLUSTER}
(
    key_id           String COMMENT 'As sealed text names it: p for a person''s or a for an account''s, then 22 characters.',
    group_id         String COMMENT 'The account.',
    user_id          Nullable(String) COMMENT 'Of the events that it seals; NULL with anonymous_id NULL too: the key of an account.',
    anonymous_id     Nullable(String) COMMENT 'Of the events that it seals.',
    key              String COMMENT '32 bytes; empty: it was destroyed, and came back from Kafka without them.' CODEC(NONE),
    made_at          DateTime64(3, 'UTC') COMMENT 'When ingest made it, by the clock of ingest.',
    inserted_at      DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written, by the clock of ClickHouse.',
    kafka_partition  UInt32 COMMENT 'Where its record lay in Kafka.',
    version          UInt64 COMMENT 'Generation of its log (see kafka_logs) times 2^48, plus kafka_offset: of two copies the higher wins.',
    kafka_offset     UInt64 ALIAS bitAnd(version, 0xFFFFFFFFFFFF) COMMENT 'Where its record lay in Kafka, within its log and partition.',
    INDEX of_person (user_id, anonymous_id) TYPE bloom_filter GRANULARITY 1
)
ENGINE = ${ENGINE}ReplacingMergeTree(version)
ORDER BY (group_id, key_id)
SETTINGS old_parts_lifetime = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1
COMMENT 'Keys of sealed properties; nobody but the view tracked_unsealed needs to read them.';
CREATE TABLE IF NOT EXISTS ${KEYS_DATABASE}.destroyed_keys ${ON_CLUSTER}
(
    key_id       String COMMENT 'A key that must not come back, should Kafka be read again from its beginning.',
    destroyed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was destroyed, by the clock of ClickHouse.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(destroyed_at)
ORDER BY key_id
COMMENT 'Ids of destroyed keys; they say nothing of anybody.';
