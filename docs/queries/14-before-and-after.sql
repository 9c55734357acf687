-- What changed in the accounts that upgraded: events in the days before and after?
-- Exact. Of each account the first {event} in the range; days are 24 hours, and those before and after the range are read too.
-- {event:String}: what changed them, as subscription_upgraded
-- {days:UInt16}: how many days before and after, as 14
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends,
upgrades AS
(
    SELECT group_id, min(timestamp) AS at
    FROM tracked
    WHERE event = {event:String} AND timestamp >= begins AND timestamp < ends
    GROUP BY group_id
)
SELECT
    group_id,
    toDate32(at, {tz:String}) AS day,
    countIf(timestamp < at) AS events_before,
    countIf(timestamp > at) AS events_after,
    uniqExactIf(coalesce(user_id, anonymous_id), timestamp < at) AS users_before,
    uniqExactIf(coalesce(user_id, anonymous_id), timestamp > at) AS users_after
FROM tracked
INNER JOIN upgrades USING (group_id)
-- A day more on both sides, which may be shorter than 24 hours; then exactly.
WHERE timestamp >= begins - toIntervalDay({days:UInt16} + 1) AND timestamp <= ends + toIntervalDay({days:UInt16} + 1)
  AND timestamp >= at - toIntervalMillisecond({days:UInt16} * 86400000) AND timestamp <= at + toIntervalMillisecond({days:UInt16} * 86400000)
GROUP BY group_id, at
ORDER BY at, group_id
-- Compiled, min and max of times before 1970 are wrong.
SETTINGS compile_aggregate_expressions = 0
