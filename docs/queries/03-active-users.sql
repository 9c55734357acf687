-- How many users and accounts were active on each day?
-- Exact. A user is a user_id; somebody not known yet counts by anonymous_id, and once as each.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT day, users, accounts
FROM
(
    SELECT day, count() AS users
    FROM
    (
        -- Each user of a day once: unlike the states of uniqExact, these groups go to disk when there are many.
        SELECT toDate32(timestamp, {tz:String}) AS day, coalesce(user_id, anonymous_id) AS user
        FROM tracked
        WHERE timestamp >= begins AND timestamp < ends
        GROUP BY day, user
    )
    GROUP BY day
) AS users_of_days
INNER JOIN
(
    SELECT toDate32(timestamp, {tz:String}) AS day, uniqExact(group_id) AS accounts
    FROM tracked
    WHERE timestamp >= begins AND timestamp < ends
    GROUP BY day
) AS accounts_of_days USING (day)
ORDER BY day
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
