-- Which of several ClickHouses this one is. Setup writes it once, and never changes it; setup, consumers and every command
-- compare it with CLICKHOUSE_SHARD_URLS: in another order rows would be written and looked for where nobody finds them.
CREATE TABLE IF NOT EXISTS shard ${ON_CLUSTER}
(
    shard  UInt8 COMMENT 'Which of them, in the order of CLICKHOUSE_SHARD_URLS, from 1.',
    shards UInt8 COMMENT 'How many there are; 1: this is the only one.'
)
ENGINE = ${ENGINE}ReplacingMergeTree
ORDER BY (shards, shard)
COMMENT 'Which of several ClickHouses this one is, in one row.';
