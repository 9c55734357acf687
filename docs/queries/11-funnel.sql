-- Of the users who took the first step, how many went on to the second and the third, in order and in time?
-- Exact, within the range: who began near its end had less time. A user is a user_id within an account. Counted in milliseconds since 1900: toDateTime wraps before 1970, and two steps may fall into one second. Steps within one millisecond count as in order.
-- {first:String}: the event that begins the path, as trial_started
-- {second:String}: the event that must follow, as teammate_invited
-- {third:String}: the event at the end, as subscription_started
-- {days:UInt16}: how many days after the first step count, as 7
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends,
per_user AS
(
    SELECT
        windowFunnel(toUInt64({days:UInt16}) * 86400000)(
            toUInt64(dateDiff('millisecond', toDateTime64('1900-01-01', 3, 'UTC'), timestamp)),
            event = {first:String},
            event = {second:String},
            event = {third:String}
        ) AS reached
    FROM tracked
    WHERE event IN ({first:String}, {second:String}, {third:String})
      AND timestamp >= begins AND timestamp < ends
      AND user_id IS NOT NULL
    GROUP BY group_id, user_id
)
SELECT step, users, if(counts[1] = 0, NULL, round(users / counts[1], 3)) AS share
FROM (SELECT [countIf(reached >= 1), countIf(reached >= 2), countIf(reached >= 3)] AS counts FROM per_user)
ARRAY JOIN [{first:String}, {second:String}, {third:String}] AS step, counts AS users
-- windowFunnel would take one event for two steps of the same name.
WHERE NOT throwIf(length(arrayDistinct([{first:String}, {second:String}, {third:String}])) < 3, 'first, second and third must be three different events')
