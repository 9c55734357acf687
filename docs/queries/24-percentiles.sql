-- How is a number distributed, and how does that change: median, p90, p99 in each week?
-- Exact: percentiles are values that occurred. Where that takes too much memory, quantile instead of quantileExact is within about one in a hundred. Only JSON numbers count.
-- {event:String}: the event, as feature_used
-- {property:String}: its number, as duration_ms
WITH
    parseDateTime64BestEffort({from:String}, 3, {tz:String}) AS begins,
    parseDateTime64BestEffort({to:String}, 3, {tz:String}) AS ends
SELECT
    monday,
    count() AS events,
    quantileExact(0.5)(value) AS median,
    quantileExact(0.9)(value) AS p90,
    quantileExact(0.99)(value) AS p99,
    max(value) AS maximum
FROM
(
    SELECT
        toDate32(timestamp, {tz:String}) - (toDayOfWeek(timestamp, 0, {tz:String}) - 1) AS monday,
        JSONExtractFloat(properties, {property:String}) AS value
    FROM tracked
    WHERE event = {event:String} AND timestamp >= begins AND timestamp < ends
      AND JSONType(properties, {property:String}) IN ('Int64', 'UInt64', 'Double')
)
GROUP BY monday
ORDER BY monday
SETTINGS max_memory_usage = 2000000000
