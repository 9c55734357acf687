-- What share of the active users of each week saw an error?
-- Exact. A user counts once a week, however many errors they saw.
-- {event:String}: the event that tells of an error, as error_shown
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    monday,
    count() AS users,
    countIf(errors > 0) AS users_with_errors,
    sum(errors) AS errors_seen,
    round(users_with_errors / users, 3) AS share
FROM
(
    SELECT
        toDate32(timestamp, {tz:String}) - (toDayOfWeek(timestamp, 0, {tz:String}) - 1) AS monday,
        coalesce(user_id, anonymous_id) AS user,
        countIf(event = {event:String}) AS errors
    FROM tracked
    WHERE timestamp >= begins AND timestamp < ends
    GROUP BY monday, user
)
GROUP BY monday
ORDER BY monday
SETTINGS max_memory_usage = 2000000000, max_bytes_before_external_group_by = 500000000
