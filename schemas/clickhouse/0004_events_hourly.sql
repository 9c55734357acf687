-- Counts for dashboards, kept up to date by every insert. Cheap, and for that reason not exact: an event
-- that was updated by sending it again counts twice here. Ask `tracked` when it must be exact.
CREATE TABLE IF NOT EXISTS events_hourly ${ON_CLUSTER}
(
    group_id String COMMENT 'The account.',
    event    LowCardinality(String) COMMENT 'Name of the event.',
    hour     DateTime64(0, 'UTC') COMMENT 'Start of the hour of timestamp; not a DateTime, which wraps before 1970.',
    events   SimpleAggregateFunction(sum, UInt64) COMMENT 'Rows inserted; an updated event counts once for every copy. Read with sum(events).',
    users    AggregateFunction(uniq, String) COMMENT 'Distinct users, by user_id, else anonymous_id. Read with uniqMerge(users).'
)
ENGINE = ${ENGINE}AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (group_id, event, hour)
COMMENT 'Events and users per account, event and hour. Updates count twice: tracked is exact.';

CREATE MATERIALIZED VIEW IF NOT EXISTS events_hourly_feed ${ON_CLUSTER} TO events_hourly AS
SELECT
    group_id,
    event,
    -- Not toStartOfHour: by default it answers with a DateTime, which wraps before 1970.
    toDateTime64(timestamp - toIntervalMillisecond(positiveModulo(toUnixTimestamp64Milli(timestamp), 3600000)), 0, 'UTC') AS hour,
    count() AS events,
    uniqState(coalesce(user_id, anonymous_id, '')) AS users
FROM events
GROUP BY group_id, event, hour;
