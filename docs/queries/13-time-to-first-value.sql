-- How long does it take a new user to get something out of the product?
-- Exact, within the range: from the first {first} of a user to the first {value} at or after it, by the week of the former. Who began last had the least time. Percentiles are values that occurred.
-- {first:String}: the event that begins it, as signed_up
-- {value:String}: the event that is worth something, as report_created
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends,
per_user AS
(
    SELECT
        any(began_at) AS began,
        countIf(event = {value:String} AND timestamp >= began_at) > 0 AS has_reached,
        dateDiff('millisecond', began, minIf(timestamp, event = {value:String} AND timestamp >= began_at)) AS milliseconds
    FROM
    (
        SELECT
            group_id, user_id, event, timestamp,
            min(if(event = {first:String}, timestamp, NULL)) OVER (PARTITION BY group_id, user_id) AS began_at
        FROM tracked
        WHERE event IN ({first:String}, {value:String})
          AND timestamp >= begins AND timestamp < ends
          AND user_id IS NOT NULL
    )
    WHERE began_at IS NOT NULL
    GROUP BY group_id, user_id
)
SELECT
    toDate32(began, {tz:String}) - (toDayOfWeek(began, 0, {tz:String}) - 1) AS monday,
    count() AS users,
    countIf(has_reached) AS reached,
    if(reached = 0, NULL, round(quantileExactIf(0.5)(milliseconds, has_reached) / 3600000, 2)) AS median_hours,
    if(reached = 0, NULL, round(quantileExactIf(0.9)(milliseconds, has_reached) / 3600000, 2)) AS p90_hours
FROM per_user
GROUP BY monday
ORDER BY monday
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0
