-- What did one user do?
-- Exact. user_timeline looks up what tracked has of one user without reading the events of everybody.
-- {user:String}: the user_id, as acme_0
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT toTimeZone(timestamp, {tz:String}) AS at, group_id, event, properties
FROM user_timeline(user_id = {user:String})
WHERE timestamp >= begins AND timestamp < ends
ORDER BY timestamp, version
