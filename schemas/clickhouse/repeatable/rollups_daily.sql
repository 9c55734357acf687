-- What is gone from `events` because it is old stays counted, as long as CLICKHOUSE_ROLLUP_RETENTION_DAYS says: no day that has
-- gone is counted anew, not even when a late event of it comes. Of a day of which only some events are gone the row of all
-- events is put together: what was counted of those that are gone, and what is counted now of the others.
CREATE OR REPLACE MATERIALIZED VIEW rollup_daily_refresh ${ON_CLUSTER}
REFRESH AFTER 1 MINUTE APPEND TO rollup_daily AS
WITH
    (SELECT counted_until FROM rollup_freshness WHERE name = 'daily') AS known_until,
    ${REFRESH},
    ${KEPT},
    (SELECT groupArray((month, known)) FROM (
        SELECT toYYYYMM(day) AS month, sum(events) AS known FROM rollup_daily FINAL
        WHERE is_new_hour AND (has_own_days OR event = '') AND (NOT has_own_days OR event != '') AND group_id >= char(1)
            AND NOT is_gone(event, day)
        GROUP BY month HAVING known > 0)) AS known_by_month,
    -- Accounts and days, partly gone, that rows came for.
    (SELECT groupUniqArray((group_id, toDate32(timestamp))) FROM events
        WHERE has_own_days AND NOT is_first AND inserted_at > before - toIntervalMinute(5)
            AND is_partly_gone(toDate32(timestamp))) AS changed_partly,
    counted AS (
        SELECT group_id, event, toDate32(timestamp) AS day, coalesce(user_id, anonymous_id, '') AS user
        FROM events FINAL
        PREWHERE is_first
            OR toYYYYMM(timestamp) IN (SELECT arrayJoin(months_in_turn))
            OR (group_id, toDate32(timestamp)) IN (
                SELECT group_id, toDate32(timestamp) FROM events
                WHERE NOT is_first AND inserted_at > before - toIntervalMinute(5)
                GROUP BY ALL)
        WHERE NOT is_gone(event, toDate32(timestamp))
    )
SELECT * EXCEPT (older_ms, place), began - toIntervalMillisecond(older_ms) AS refreshed_at
FROM
(
    SELECT event, group_id, day, count() AS events, uniqExact(user) AS users, emptyArrayUInt64() AS user_hashes,
           0 AS older_ms, 1 AS place
    FROM counted GROUP BY group_id, event, day
    UNION ALL
    SELECT '', group_id, day, count(), length(hashes), groupUniqArray(reinterpretAsUInt128(sipHash128(user))) AS hashes, 0, 1
    FROM counted WHERE NOT is_partly_gone(day) GROUP BY group_id, day
    UNION ALL
    SELECT '', group_id, day, sum(number), length(hashes), groupUniqArrayArray(of_users) AS hashes, 0, 1
    FROM
    (
        SELECT group_id, day, count() AS number, groupUniqArray(reinterpretAsUInt128(sipHash128(user))) AS of_users
        FROM counted WHERE is_partly_gone(day) GROUP BY group_id, day
        UNION ALL
        SELECT group_id, day, if(event = '', 0, events), user_hashes
        FROM rollup_daily FINAL
        WHERE has_own_days AND events > 0 AND is_partly_gone(day) AND group_id >= char(1) AND (event = '' OR is_gone(event, day))
            AND (toYYYYMM(day) IN (SELECT arrayJoin(months_in_turn))
                OR (group_id, day) IN (SELECT pair.1, pair.2 FROM (SELECT arrayJoin(changed_partly) AS pair)))
    )
    GROUP BY group_id, day
    UNION ALL
    SELECT event, group_id, day, 0, 0, [], 1, 1
    FROM rollup_daily
    WHERE toYYYYMM(day) IN (SELECT arrayJoin(months_in_turn)) AND events > 0
        AND NOT is_gone(event, day) AND NOT (event = '' AND is_partly_gone(day))
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
) SQL SECURITY INVOKER AS
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
) SQL SECURITY INVOKER AS
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
) SQL SECURITY INVOKER AS
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
) SQL SECURITY INVOKER AS
SELECT group_id, day - (toDayOfMonth(day) - 1) AS month, sum(events) AS events, uniqExactArray(user_hashes) AS users
FROM rollup_daily FINAL
WHERE event = '' AND group_id != '' AND rollup_daily.events > 0
GROUP BY group_id, month
COMMENT 'Active users per account and month: exact, about a minute behind tracked.';
