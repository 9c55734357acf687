-- Which accounts are well, and which are leaving?
-- Exact. events_before is the time just before the range, as long as it; change compares the two. Accounts that are gone altogether are there, with 0 events.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    group_id,
    countIf(timestamp >= begins) AS events,
    countIf(timestamp < begins) AS events_before,
    if(events_before = 0, NULL, round(events / events_before - 1, 3)) AS change,
    uniqExactIf(coalesce(user_id, anonymous_id), timestamp >= begins) AS users,
    uniqExactIf(toDate32(timestamp, {tz:String}), timestamp >= begins) AS days_active,
    toDate32(max(timestamp), {tz:String}) AS last_day
FROM tracked
WHERE timestamp >= begins - toIntervalMillisecond(dateDiff('millisecond', begins, ends)) AND timestamp < ends
GROUP BY group_id
ORDER BY change NULLS LAST, group_id
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0
