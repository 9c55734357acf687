-- Exact counts by day of UTC, recomputed from `events` by the views of repeatable/rollups.sql. Nobody reads this
-- table itself: `events_daily`, `active_users_daily`, `active_users_weekly`, `active_users_monthly` do.
--
-- The row with event '' counts all events of an account on a day. Of those rows the ones whose group_id is empty or begins
-- with a byte 0 are marks of refreshes, see repeatable/rollups.sql. Without partitions, because the last block of a
-- refresh must become one part or none.
CREATE TABLE IF NOT EXISTS rollup_daily ${ON_CLUSTER}
(
    event        LowCardinality(String) COMMENT 'Name of the event; empty: all events of the account.' CODEC(ZSTD(1)),
    group_id     String COMMENT 'The account.' CODEC(ZSTD(1)),
    day          Date32 COMMENT 'The day of timestamp, UTC.' CODEC(ZSTD(1)),
    events       UInt64 COMMENT 'Events, each once; 0: all of them were deleted.' CODEC(ZSTD(1)),
    users        UInt64 COMMENT 'Distinct users, by user_id, else anonymous_id.' CODEC(ZSTD(1)),
    user_hashes  Array(UInt128) COMMENT 'Which users, of the rows with event empty only: sipHash128 of each.' CODEC(ZSTD(1)),
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When the refresh that wrote this row began: the latest wins.' CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(refreshed_at)
ORDER BY (event, group_id, day)
${ROLLUP_TTL}
-- An account has a place in the rows of every event: so little is read beside it.
SETTINGS index_granularity = 1024
COMMENT 'Storage of events_daily and active_users_*: query those.';

-- What there is to ask about: events, their properties, types and examples, by day of UTC. The row with property ''
-- counts the event itself; rows with event '' are marks, as in rollup_daily.
CREATE TABLE IF NOT EXISTS catalogue_daily ${ON_CLUSTER}
(
    event        LowCardinality(String) COMMENT 'Name of the event.' CODEC(ZSTD(1)),
    property     LowCardinality(String) COMMENT 'Name of the property; empty: the event itself.' CODEC(ZSTD(1)),
    day          Date32 COMMENT 'The day of timestamp, UTC.' CODEC(ZSTD(1)),
    events       UInt64 COMMENT 'Events with the property, each once; 0: all of them were deleted.' CODEC(ZSTD(1)),
    strings      UInt64 COMMENT 'Of them, how many have a string there.' CODEC(ZSTD(1)),
    numbers      UInt64 COMMENT 'Of them, how many have a number there.' CODEC(ZSTD(1)),
    booleans     UInt64 COMMENT 'Of them, how many have true or false there.' CODEC(ZSTD(1)),
    objects      UInt64 COMMENT 'Of them, how many have an object there.' CODEC(ZSTD(1)),
    arrays       UInt64 COMMENT 'Of them, how many have an array there.' CODEC(ZSTD(1)),
    nulls        UInt64 COMMENT 'Of them, how many have null there.' CODEC(ZSTD(1)),
    examples     Array(String) COMMENT 'At most 3 values as JSON text of at most 80 characters; none of a property that a tracking plan marks as personal.' CODEC(ZSTD(1)),
    first_seen   DateTime64(3, 'UTC') COMMENT 'The earliest timestamp.' CODEC(ZSTD(1)),
    last_seen    DateTime64(3, 'UTC') COMMENT 'The latest timestamp.' CODEC(ZSTD(1)),
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When the refresh that wrote this row began: the latest wins.' CODEC(ZSTD(1))
)
ENGINE = ${ENGINE}ReplacingMergeTree(refreshed_at)
ORDER BY (event, property, day)
${ROLLUP_TTL}
-- What was replaced, values of deleted events with it, is merged away within about an hour.
SETTINGS min_age_to_force_merge_seconds = 3600
COMMENT 'What catalogue is summed up from: query catalogue_events and catalogue_properties.';

-- The sum over all days. Each refresh writes every row, those that are gone with events = 0, and the mark with event ''
-- last: what is older than the mark is gone, what is newer comes from a refresh that still writes, or has failed.
CREATE TABLE IF NOT EXISTS catalogue ${ON_CLUSTER}
(
    event        LowCardinality(String) COMMENT 'Name of the event.' CODEC(ZSTD(1)),
    property     LowCardinality(String) COMMENT 'Name of the property; empty: the event itself.' CODEC(ZSTD(1)),
    events       UInt64 COMMENT 'Events with the property, each once.',
    days         UInt64 COMMENT 'Days with such an event.',
    strings      UInt64 COMMENT 'Of them, how many have a string there.',
    numbers      UInt64 COMMENT 'Of them, how many have a number there.',
    booleans     UInt64 COMMENT 'Of them, how many have true or false there.',
    objects      UInt64 COMMENT 'Of them, how many have an object there.',
    arrays       UInt64 COMMENT 'Of them, how many have an array there.',
    nulls        UInt64 COMMENT 'Of them, how many have null there.',
    examples     Array(String) COMMENT 'Those of the last day.',
    first_seen   DateTime64(3, 'UTC') COMMENT 'The earliest timestamp.',
    last_seen    DateTime64(3, 'UTC') COMMENT 'The latest timestamp.',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'Up to when everything is counted in it.'
)
ENGINE = ${ENGINE}ReplacingMergeTree(refreshed_at)
ORDER BY (event, property)
TTL toDateTime(refreshed_at) + INTERVAL 1 DAY DELETE WHERE events = 0 AND event != ''
SETTINGS min_age_to_force_merge_seconds = 3600
COMMENT 'Storage of catalogue_events and catalogue_properties: query those.';
