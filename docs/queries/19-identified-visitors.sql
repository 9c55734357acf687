-- How many visitors became known: who first came anonymously and was identified later?
-- Exact, within the range: visitors by the week of their first event; identified is who has an event with both ids. Who came last had the least time.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    toDate32(first_seen, {tz:String}) - (toDayOfWeek(first_seen, 0, {tz:String}) - 1) AS monday,
    count() AS visitors,
    countIf(is_identified) AS identified,
    round(identified / visitors, 3) AS share,
    if(identified = 0, NULL, round(quantileExactIf(0.5)(milliseconds, is_identified) / 3600000, 2)) AS median_hours
FROM
(
    SELECT
        min(timestamp) AS first_seen,
        countIf(user_id IS NOT NULL) > 0 AS is_identified,
        dateDiff('millisecond', first_seen, minIf(timestamp, user_id IS NOT NULL)) AS milliseconds
    FROM tracked
    WHERE anonymous_id IS NOT NULL AND timestamp >= begins AND timestamp < ends
    GROUP BY group_id, anonymous_id
)
GROUP BY monday
ORDER BY monday
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0
