-- Of the users who were active in each week, how many were new and how many had been there before?
-- Exact: new is who has no earlier event at all, so everything before the end of the range is read. Weeks begin on Monday.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    monday,
    count() AS users,
    countIf(monday = first_monday) AS new_users,
    users - new_users AS returning_users
FROM
(
    SELECT *, min(monday) OVER (PARTITION BY user) AS first_monday
    FROM
    (
        SELECT
            coalesce(user_id, anonymous_id) AS user,
            toDate32(timestamp, {tz:String}) - (toDayOfWeek(timestamp, 0, {tz:String}) - 1) AS monday,
            max(timestamp) >= begins AS is_in_range
        FROM tracked
        WHERE timestamp < ends
        GROUP BY user, monday
    )
)
WHERE is_in_range
GROUP BY monday
ORDER BY monday
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0, max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000, max_bytes_before_external_sort = 500000000
