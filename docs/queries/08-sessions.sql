-- How many sessions were there on each day, and how long were they?
-- Exact. A session of a user in an account ends with a pause of more than {minutes}; it counts for the day on which it began. At the edges of the range sessions are cut.
-- {minutes:UInt16}: the pause that ends a session, as 30
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    toDate32(began, {tz:String}) AS day,
    count() AS sessions,
    uniqExact(user) AS users,
    round(quantileExact(0.5)(seconds), 1) AS median_seconds,
    round(sum(events) / sessions, 2) AS events_per_session
FROM
(
    SELECT
        user,
        min(timestamp) AS began,
        dateDiff('millisecond', began, max(timestamp)) / 1000 AS seconds,
        count() AS events
    FROM
    (
        SELECT
            group_id,
            user,
            timestamp,
            sum(is_first) OVER (PARTITION BY group_id, user ORDER BY timestamp RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
        FROM
        (
            SELECT
                group_id,
                coalesce(user_id, anonymous_id) AS user,
                timestamp,
                lagInFrame(toNullable(timestamp)) OVER (
                    PARTITION BY group_id, user ORDER BY timestamp ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before,
                isNull(before) OR dateDiff('millisecond', before, timestamp) > {minutes:UInt16} * 60000 AS is_first
            FROM tracked
            WHERE timestamp >= begins AND timestamp < ends
        )
    )
    GROUP BY group_id, user, session
)
GROUP BY day
ORDER BY day
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0, max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
