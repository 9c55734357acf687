CREATE OR REPLACE MATERIALIZED VIEW rollup_daily_refresh ${ON_CLUSTER}
REFRESH AFTER 1 MINUTE APPEND TO rollup_daily AS
WITH
    (SELECT complete_until FROM rollup_freshness WHERE name = 'daily') AS known_until,
    (SELECT now64(3, 'UTC')) AS began,
    isNull(known_until) AS is_first,
    ifNull(known_until, began) AS before,
    toStartOfHour(before) < toStartOfHour(began) AS is_new_hour,
    -- The name and day of each mark, and where it comes: 0 before all other rows, 2 after them.
    concat(char(0), hostName(), ' ', toString(serverUUID())) AS replica,
    arrayConcat([('', toDate32('2299-12-31'), 2)],
        if(is_first, [(replica, toDate32('2299-12-29'), 0), (replica, toDate32('2299-12-30'), 2)], [])) AS marks,
    (SELECT groupArray(month) FROM (
        SELECT month, is_fewer, intDiv(rows_before, 1000000) AS portion,
            dense_rank() OVER (PARTITION BY is_fewer ORDER BY portion) - 1 AS turn,
            uniqExact(portion) OVER (PARTITION BY is_fewer) AS turns
        FROM (
            SELECT month, is_fewer, sum(stored) OVER (
                PARTITION BY is_fewer ORDER BY if(is_fewer, stored, 0), month
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - stored AS rows_before
            FROM (
                SELECT month, sum(rows) AS stored, sum(known) > stored AS is_fewer
                FROM (
                    SELECT toUInt32(_partition_id) AS month, count() AS rows, 0 AS known
                    FROM events WHERE is_new_hour GROUP BY month
                    UNION ALL
                    SELECT toYYYYMM(day) AS month, 0, sum(events) FROM rollup_daily FINAL
                    WHERE is_new_hour AND event = '' AND group_id >= char(1) GROUP BY month HAVING sum(events) > 0
                )
                GROUP BY month
            )
        )
    ) WHERE turn = if(is_fewer, 0, intDiv(toUnixTimestamp(began), 3600) % turns)) AS months_in_turn,
    counted AS (
        SELECT group_id, event, toDate32(timestamp) AS day, coalesce(user_id, anonymous_id, '') AS user
        FROM events FINAL
        PREWHERE is_first
            OR toYYYYMM(timestamp) IN (SELECT arrayJoin(months_in_turn))
            OR (group_id, toDate32(timestamp)) IN (
                SELECT group_id, toDate32(timestamp) FROM events
                WHERE NOT is_first AND inserted_at > before - toIntervalMinute(5)
                GROUP BY ALL)
    )
SELECT * EXCEPT (older_ms, place), began - toIntervalMillisecond(older_ms) AS refreshed_at
FROM
(
    SELECT event, group_id, day, count() AS events, uniqExact(user) AS users, emptyArrayUInt64() AS user_hashes,
           0 AS older_ms, 1 AS place
    FROM counted GROUP BY group_id, event, day
    UNION ALL
    SELECT '', group_id, day, count(), length(hashes), groupUniqArray(reinterpretAsUInt128(sipHash128(user))) AS hashes, 0, 1
    FROM counted GROUP BY group_id, day
    UNION ALL
    SELECT event, group_id, day, 0, 0, [], 1, 1
    FROM rollup_daily WHERE toYYYYMM(day) IN (SELECT arrayJoin(months_in_turn)) AND events > 0
    UNION ALL
    SELECT '', mark.1, mark.2, 0, 0, [], 0, mark.3 FROM (SELECT arrayJoin(marks) AS mark)
)
ORDER BY place, event DESC, group_id DESC
SETTINGS max_threads = 1, max_insert_threads = 1, optimize_aggregation_in_order = 1,
    aggregation_in_order_max_block_bytes = 2000000, use_skip_indexes_if_final = 0, max_memory_usage = 3000000000,
    max_bytes_before_external_group_by = 1000000000, max_bytes_before_external_sort = 300000000
;

CREATE OR REPLACE VIEW events_daily ${ON_CLUSTER}
(
    group_id     String COMMENT 'The account.',
    event        LowCardinality(String) COMMENT 'Name of the event.',
    day          Date32 COMMENT 'The day of timestamp, UTC.',
    events       UInt64 COMMENT 'How many, each once. Exact; sum(events) over anything.',
    users        UInt64 COMMENT 'Distinct users, by user_id, else anonymous_id. Exact; not to be summed.',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When this row was counted. Up to when all is counted: rollup_freshness.'
) AS
SELECT group_id, event, day, events, users, refreshed_at
FROM rollup_daily FINAL
WHERE event != '' AND events > 0
COMMENT 'Events and users per account, event and day: exact, about a minute behind tracked.';

CREATE OR REPLACE VIEW active_users_daily ${ON_CLUSTER}
(
    group_id     String COMMENT 'The account.',
    day          Date32 COMMENT 'The day of timestamp, UTC.',
    events       UInt64 COMMENT 'Events of all names, each once.',
    users        UInt64 COMMENT 'Distinct users, by user_id, else anonymous_id. Exact; not to be summed.',
    user_hashes  Array(UInt128) COMMENT 'The users themselves, as hashes: uniqExactArray(user_hashes) over any days and accounts.',
    refreshed_at DateTime64(3, 'UTC') COMMENT 'When this row was counted. Up to when all is counted: rollup_freshness.'
) AS
SELECT group_id, day, events, users, user_hashes, refreshed_at
FROM rollup_daily FINAL
WHERE event = '' AND group_id != '' AND events > 0
COMMENT 'Active users per account and day: exact, about a minute behind tracked.';

CREATE OR REPLACE VIEW active_users_weekly ${ON_CLUSTER}
(
    group_id String COMMENT 'The account.',
    week     Date32 COMMENT 'The Monday that the week begins with, UTC.',
    events   UInt64 COMMENT 'Events of all names, each once.',
    users    UInt64 COMMENT 'Distinct users, by user_id, else anonymous_id. Exact; not to be summed.'
) AS
SELECT group_id, day - (toDayOfWeek(day) - 1) AS week, sum(events) AS events, uniqExactArray(user_hashes) AS users
FROM rollup_daily FINAL
WHERE event = '' AND group_id != '' AND rollup_daily.events > 0
GROUP BY group_id, week
COMMENT 'Active users per account and week: exact, about a minute behind tracked.';

CREATE OR REPLACE VIEW active_users_monthly ${ON_CLUSTER}
(
    group_id String COMMENT 'The account.',
    month    Date32 COMMENT 'The first day of the month, UTC.',
    events   UInt64 COMMENT 'Events of all names, each once.',
    users    UInt64 COMMENT 'Distinct users, by user_id, else anonymous_id. Exact; not to be summed.'
) AS
SELECT group_id, day - (toDayOfMonth(day) - 1) AS month, sum(events) AS events, uniqExactArray(user_hashes) AS users
FROM rollup_daily FINAL
WHERE event = '' AND group_id != '' AND rollup_daily.events > 0
GROUP BY group_id, month
COMMENT 'Active users per account and month: exact, about a minute behind tracked.';
