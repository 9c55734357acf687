-- How long events are kept, as setup and `npm run retention` made it; the TTLs of the tables do it. The rollups read it:
-- what is gone from `events` because it is old stays counted, see repeatable/rollups_daily.sql.
CREATE TABLE IF NOT EXISTS retention ${ON_CLUSTER}
(
    event       String COMMENT 'Name of the event whose tracking plan says how long it is kept; empty: all others.',
    days        UInt32 COMMENT 'Events are kept at least so long, by their timestamp; 0: for ever.',
    gone_before Date32 COMMENT 'Of days before it rows may be gone already, because a shorter time was in force; 1900-01-01: of none.',
    changed_at  DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was made so, by the clock of ClickHouse: the latest wins.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(changed_at)
ORDER BY event
COMMENT 'How long events are kept. Read with FINAL.';

-- What people did with the commands that read, change or delete other people's data. A row is written before a command begins, and
-- again when it has ended: one without an end was killed, or goes on.
CREATE TABLE IF NOT EXISTS audit ${ON_CLUSTER}
(
    id         UUID COMMENT 'Of one run of a command.',
    began_at   DateTime64(3, 'UTC') COMMENT 'When it began, by the clock of ClickHouse.',
    ended_at   Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; NULL: it was killed, or goes on.',
    command    LowCardinality(String) COMMENT 'Which: setup, retention, replay, export, erase …',
    arguments  String COMMENT 'JSON object text. No secrets; of the ids of persons only a hash: see docs/privacy.md.',
    run_by     String COMMENT 'Who, as they said with --by, else the user of the operating system.',
    os_user    String COMMENT 'The user of the operating system.',
    host       String COMMENT 'The machine it ran on.',
    login      LowCardinality(String) DEFAULT currentUser() COMMENT 'The ClickHouse user that wrote this.',
    outcome    LowCardinality(String) COMMENT 'begun, done, stopped (by a signal) or failed.',
    counts     String COMMENT 'JSON object text: what it did, in numbers.',
    message    String COMMENT 'Why it failed; else empty.',
    step       UInt8 COMMENT '0: written at the beginning, 1: at the end, which wins.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(step)
PARTITION BY toYYYYMM(began_at)
ORDER BY (began_at, id)
COMMENT 'Who erased, replayed, exported or changed what is kept, and when. Read with FINAL.';
