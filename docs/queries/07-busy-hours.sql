-- At which hours of which weekdays is the product used?
-- Exact, by the clocks of that time zone, half-hour offsets too. Weekday 1 is Monday.
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    toDayOfWeek(timestamp, 0, {tz:String}) AS weekday,
    toHour(timestamp, {tz:String}) AS hour,
    count() AS events
FROM tracked
WHERE timestamp >= begins AND timestamp < ends
GROUP BY weekday, hour
ORDER BY weekday, hour
