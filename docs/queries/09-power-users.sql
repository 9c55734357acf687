-- On how many days is a user active: who uses the product every day, who once?
-- Exact. How many users were active on exactly so many days of the range.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT days_active, count() AS users
FROM
(
    SELECT user, count() AS days_active
    FROM
    (
        SELECT coalesce(user_id, anonymous_id) AS user, toDate32(timestamp, {tz:String}) AS day
        FROM tracked
        WHERE timestamp >= begins AND timestamp < ends
        GROUP BY user, day
    )
    GROUP BY user
)
GROUP BY days_active
ORDER BY days_active
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
