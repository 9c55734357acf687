-- Who was erased: what was asked, when, by whom, and what was found. One row an erasure, replaced as it goes on, so that a
-- command that was killed goes on where it stopped. Never the id itself: only its hashes, by which the rows are found.
-- Kept for ever: from here the topic of erasures is filled anew should it be lost.
CREATE TABLE IF NOT EXISTS erasures ${ON_CLUSTER}
(
    erasure_id       UUID COMMENT 'Which erasure.',
    kind             LowCardinality(String) COMMENT 'user, group or anonymous: what the id is.',
    id_sha256        FixedString(64) COMMENT 'SHA-256 of the id, in hex: SELECT lower(hex(SHA256(''the id''))).',
    id_murmur2       UInt32 COMMENT 'kafkaMurmurHash of the id: most others are told apart by it.',
    id_siphash128    UInt128 DEFAULT 0 COMMENT 'sipHash128 of the id as rollup_daily.user_hashes has it; 0: of an account, or not known.',
    timestamp_before Nullable(DateTime64(3, 'UTC')) COMMENT 'Only what happened before; NULL: everything.',
    asked_at         DateTime64(3, 'UTC') COMMENT 'When it was asked for, by the clock of ClickHouse.',
    asked_by         String COMMENT 'By whom: as --by says, else the user and host of the command.',
    state            LowCardinality(String) COMMENT 'asked; announced: known on Kafka; hidden: no query shows it; settled: no insert can bring it back; done; lifted: what comes from then on is kept.',
    announced_at     Nullable(DateTime64(3, 'UTC')) COMMENT 'When Kafka had acknowledged it.',
    announced_offset Nullable(UInt64) COMMENT 'Where it lies on the topic of erasures.',
    found            Map(LowCardinality(String), UInt64) COMMENT 'Rows that were found and deleted, by table.',
    pending          Map(LowCardinality(String), UInt64) COMMENT 'Rows that are being deleted, by table: found, and not yet known to be gone.',
    finished_at      Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was done, or lifted.',
    receipt_sha256   String COMMENT 'SHA-256 of the receipt, in hex; empty before.',
    step             UInt32 COMMENT 'Of two rows the later one.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(step)
ORDER BY erasure_id
COMMENT 'Who was erased, and by whom. Read with FINAL.';

-- Days that an erasure took rows from, while it goes on: the rollups count them anew.
CREATE TABLE IF NOT EXISTS erasure_days ${ON_CLUSTER}
(
    erasure_id UUID COMMENT 'Of which erasure.',
    group_id   String COMMENT 'The account.',
    event      LowCardinality(String) COMMENT 'Name of the event.',
    day        Date32 COMMENT 'The day of timestamp, UTC.',
    asked_at   DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the rows were hidden: what is counted after that is right.'
)
ENGINE = ${ENGINE}MergeTree
PARTITION BY erasure_id
ORDER BY (asked_at, group_id, day)
TTL toDateTime(asked_at) + INTERVAL 1 DAY
SETTINGS max_cleanup_delay_period = 30
COMMENT 'Days that rollups count anew because of an erasure.';

-- What was rewritten without the rows of somebody is taken off the disk by a thread of each table, which looks more and more
-- rarely where little happens: every five minutes by default.
ALTER TABLE events ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
ALTER TABLE rejected_events ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
ALTER TABLE dead_letters ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
ALTER TABLE rollup_daily ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
ALTER TABLE catalogue_daily ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
ALTER TABLE catalogue ${ON_CLUSTER} MODIFY SETTING max_cleanup_delay_period = 30;
