-- How sticky is the product: what share of the users of 30 days is there on one day (DAU / MAU)?
-- Exact: the 30 days end with the day itself, and those before the range are read too. A user is counted from a day of activity until the next, or for 30 days: that is all it takes.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends,
active AS
(
    SELECT coalesce(user_id, anonymous_id) AS user, toDate32(timestamp, {tz:String}) AS day
    FROM tracked
    WHERE timestamp >= begins - INTERVAL 31 DAY AND timestamp < ends
    GROUP BY user, day
),
changes AS
(
    SELECT day, 1 AS daily, 1 AS monthly FROM active
    UNION ALL
    SELECT least(day + 30, next_day) AS day, 0 AS daily, -1 AS monthly
    FROM
    (
        SELECT day, leadInFrame(day, 1, day + 30) OVER (PARTITION BY user ORDER BY day ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_day
        FROM active
    )
)
SELECT day, dau, mau, round(dau / mau, 3) AS stickiness
FROM
(
    SELECT day, sum(daily) AS dau, sum(sum(monthly)) OVER (ORDER BY day) AS mau
    FROM changes
    GROUP BY day
)
WHERE dau > 0 AND day >= toDate32(begins, {tz:String}) AND day < toDate32(ends, {tz:String})
ORDER BY day
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
