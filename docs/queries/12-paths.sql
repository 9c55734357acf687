-- What do users do next, after an event?
-- Exact, within the range: the next event of the same user in the same account, if it came within an hour; else nothing.
-- {event:String}: the event after which to look, as error_shown
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    if(isNull(next_event) OR seconds_later > 3600, '(nothing)', next_event) AS next,
    count() AS times,
    uniqExact(group_id, user) AS users,
    if(next = '(nothing)', NULL, round(quantileExact(0.5)(assumeNotNull(seconds_later)), 1)) AS median_seconds
FROM
(
    SELECT
        group_id,
        coalesce(user_id, anonymous_id) AS user,
        event,
        leadInFrame(toNullable(toString(event))) OVER nexts AS next_event,
        dateDiff('millisecond', timestamp, leadInFrame(toNullable(timestamp)) OVER nexts) / 1000 AS seconds_later
    FROM tracked
    WHERE timestamp >= begins AND timestamp < ends
    WINDOW nexts AS (PARTITION BY group_id, user ORDER BY timestamp, version ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
)
WHERE event = {event:String}
GROUP BY next
ORDER BY times DESC, next
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
