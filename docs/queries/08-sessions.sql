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
        session[1] AS began,
        dateDiff('millisecond', began, session[-1]) / 1000 AS seconds,
        length(session) AS events
    FROM
    (
        SELECT
            coalesce(user_id, anonymous_id) AS user,
            arraySort(groupArray(timestamp)) AS times,
            arrayPushFront(arrayPopBack(times), times[1]) AS befores,
            arraySplit((time, before) -> dateDiff('millisecond', before, time) > {minutes:UInt16} * 60000, times, befores) AS sessions
        FROM tracked
        WHERE timestamp >= begins AND timestamp < ends
        GROUP BY group_id, user
    )
    ARRAY JOIN sessions AS session
)
GROUP BY day
ORDER BY day
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
