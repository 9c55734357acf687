-- How many events of each name happened on each day?
-- Exact: every event counts once, in its last copy, however often it was sent. Not toDate, which wraps before 1970 and after 2149.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT toDate32(timestamp, {tz:String}) AS day, event, count() AS events
FROM tracked
WHERE timestamp >= begins AND timestamp < ends
GROUP BY day, event
ORDER BY day, event
